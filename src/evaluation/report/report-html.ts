import { verdicts } from "../verdict.ts";
import type { EvaluationResult } from "../trajectory.ts";
import { escapeHtml } from "./html-text.ts";
import { pageHtml } from "./page.ts";
import type { Report } from "./report.ts";
import { reportPlots } from "./report-plots.ts";
import { endsTitle, reportTables } from "./report-tables.ts";
import { settingsText } from "./summary-table.ts";
import { plotStyle } from "./plot-style.ts";
import { taskMatrixHtml, taskMatrixStyle } from "./task-matrix.ts";
import { isNumeric, type Table } from "./text-table.ts";

/** What a report's page shows beyond the report. */
export interface ReportPage {
  /** The page on which trajectories can be read, relative to this one. */
  readonly trajectories?: string;
  /** For the table of all tasks; in the order of the benchmark. */
  readonly results?: readonly EvaluationResult[];
}

/** Writes a report as a self-contained page, without any script. */
export function reportHtml(
  report: Report,
  { trajectories, results = [] }: ReportPage = {},
): string {
  const link =
    trajectories === undefined
      ? ""
      : ` <a href="${escapeHtml(trajectories)}">Read the trajectories</a>.`;
  const plays = report.summaries.reduce((sum, summary) => sum + summary.plays, 0);
  const endLinks = trajectories === undefined ? undefined : linksOfEnds(report, trajectories);
  return pageHtml({
    title: `${report.benchmark}: results`,
    style: `${style}${plotStyle}${taskMatrixStyle}`,
    body: [
      `<h1>${escapeHtml(report.benchmark)}</h1>`,
      `<p class="note">${plays} plays of tasks in ${report.summaries.length} ${report.summaries.length === 1 ? "run" : "runs"}.${link}</p>`,
      `<div class="plots">`,
      ...reportPlots(report).map(({ title, note, html }) => section(title, note, html)),
      `</div>`,
      ...reportTables(report).map(({ title, note, table }) =>
        section(
          title,
          note,
          `<div class="scroll">${tableHtml(table, title === endsTitle ? endLinks : undefined)}</div>`,
        ),
      ),
      ...(results.length === 0
        ? []
        : [
            section(
              "Task by task",
              "✓ solved, ✗ not solved, ! no result yet; solved of all tries, where there are several.",
              taskMatrixHtml(results, trajectories),
            ),
          ]),
    ].join("\n"),
  });
}

/** The plays that ended in one way, for a row and a column's title of the table of ends. */
type CellLink = (row: number, title: string) => string | undefined;

function linksOfEnds({ summaries }: Report, page: string): CellLink {
  return (row, title) => {
    const summary = summaries[row];
    const end = verdicts.find((verdict) => verdict === title);
    if (summary === undefined || end === undefined || summary.verdicts[end] === 0) return undefined;
    const { model, format } = summary;
    return `${page}#${new URLSearchParams({ model, format, settings: settingsText(summary), end }).toString()}`;
  };
}

function section(title: string, note: string | undefined, content: string): string {
  const said = note === undefined ? "" : `<p class="note">${escapeHtml(note)}</p>`;
  return `<section><h2>${escapeHtml(title)}</h2>${said}${content}</section>`;
}

function tableHtml({ header, rows }: Table, link: CellLink = () => undefined): string {
  const isNumber = header.map((_, column) => isNumeric(rows[0]?.[column] ?? ""));
  const classOf = (column: number): string => {
    if (isNumber[column] === true) return ' class="number"';
    return header[column] === "reason" ? ' class="words"' : "";
  };
  const head = header.map((cell, column) => `<th${classOf(column)}>${escapeHtml(cell)}</th>`);
  const body = rows.map((row, index) => {
    const cells = row.map((cell, column) => {
      const href = link(index, header[column] ?? "");
      const text = escapeHtml(cell);
      const said = href === undefined ? text : `<a href="${escapeHtml(href)}">${text}</a>`;
      return `<td${classOf(column)}>${said}</td>`;
    });
    return `<tr>${cells.join("")}</tr>`;
  });
  return `<table><thead><tr>${head.join("")}</tr></thead><tbody>\n${body.join("\n")}\n</tbody></table>`;
}

const style = `
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); gap: 0 3rem; }
`;
