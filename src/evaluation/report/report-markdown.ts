import type { Report } from "./report.ts";
import { reportTables } from "./report-tables.ts";
import { markdownTable } from "./text-table.ts";

/** Writes a report as Markdown. */
export function reportMarkdown(report: Report): string {
  const sections = reportTables(report).map(({ title, note, table }) =>
    [`## ${title}`, ...(note === undefined ? [] : [note]), markdownTable(table)].join("\n\n"),
  );
  return `${[`# ${report.benchmark}`, ...sections].join("\n\n")}\n`;
}
