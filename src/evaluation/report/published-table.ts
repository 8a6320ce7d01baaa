import type { PublishedRow } from "./published.ts";
import type { Report } from "./report.ts";
import { settingsText } from "./summary-table.ts";
import type { Summary } from "./summary.ts";
import type { Table } from "./text-table.ts";

/**
 * The published figures of a benchmark, empty where there are none, with ours before them: a row for each set of runs
 * that differ in nothing but the format.
 */
export function publishedTable({ published, summaries }: Report): Table {
  const own = Map.groupBy(summaries, (summary) =>
    JSON.stringify([summary.model, settingsText(summary)]),
  );
  const models = Map.groupBy(published, ({ model }) => model);
  const rows = [
    ...[...own.values()].map((set) => ({
      model: set[0]!.model,
      source: `here, ${settingsText(set[0]!)}, ${countText(set)}`,
      cells: set.map(({ format, rate, meanTurns }) => ({
        format: format as string,
        success: rate * 100,
        turns: meanTurns,
      })),
    })),
    ...[...models].map(([model, cells]) => ({ model, source: "published", cells })),
  ];
  const formats = [...new Set(published.map(({ format }) => format))];
  const cell = (value: number | undefined): string => value?.toFixed(1) ?? "-";
  const withTurns = published.some(({ turns }) => turns !== undefined);
  return {
    header: [
      "model",
      "source",
      ...formats.map((format) => `${format} %`),
      ...(withTurns ? formats.map((format) => `${format} turns`) : []),
    ],
    rows: (published.length === 0 ? [] : rows).map(({ model, source, cells }) => {
      const of = (format: string): Partial<PublishedRow> | undefined =>
        cells.find((one) => one.format === format);
      return [
        model,
        source,
        ...formats.map((format) => cell(of(format)?.success)),
        ...(withTurns ? formats.map((format) => cell(of(format)?.turns)) : []),
      ];
    }),
  };
}

function countText(set: readonly Summary[]): string {
  const counts = [...new Set(set.map(({ tasks }) => tasks))];
  return `${counts.join(" or ")} ${counts.join() === "1" ? "task" : "tasks"}`;
}
