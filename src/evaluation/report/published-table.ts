import { publishedOf, type PublishedRow } from "./published.ts";
import type { Report } from "./report.ts";
import { rangeText, settingsText } from "./summary-table.ts";
import type { Summary } from "./summary.ts";
import type { Table } from "./text-table.ts";

/**
 * The published figures of a benchmark, empty where there are none, with ours before them: a row for each set of runs
 * that differ in nothing but the format, and below it what was published of the same model.
 */
export function publishedTable({ published, summaries }: Report): Table {
  const own = Map.groupBy(summaries, (summary) =>
    JSON.stringify([summary.model, settingsText(summary)]),
  );
  const matched = new Set<PublishedRow>();
  const ours = [...own.values()].flatMap((set) => {
    const [first] = set;
    const theirs = publishedOf(published, first!).filter((row) => !matched.has(row));
    for (const row of theirs) matched.add(row);
    return [
      {
        model: first!.model,
        source: `here, ${settingsText(first!)}, ${countText(set)}`,
        cells: set.map(({ format, rate, meanTurns }) => ({
          format: format as string,
          success: rate * 100,
          turns: meanTurns,
        })),
      },
      ...publishedSets(theirs),
    ];
  });
  const rows = [...ours, ...publishedSets(published.filter((row) => !matched.has(row)))];
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

function publishedSets(rows: readonly PublishedRow[]) {
  const models = Map.groupBy(rows, ({ model }) => model);
  return [...models].map(([model, cells]) => ({ model, source: "published", cells }));
}

function countText(set: readonly Summary[]): string {
  const text = rangeText(set.map(({ tasks }) => tasks));
  return `${text} ${text === "1" ? "task" : "tasks"}`;
}
