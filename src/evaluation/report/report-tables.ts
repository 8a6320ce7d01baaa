import type { BestFormat, Comparison } from "./comparison.ts";
import type { Report } from "./report.ts";
import { groupTable, intervalText, percent, summaryTable, verdictTable } from "./summary-table.ts";
import type { Table } from "./text-table.ts";

/** A table with its heading and what a reader has to know. */
export interface TitledTable {
  readonly title: string;
  readonly note?: string;
  readonly table: Table;
}

/** All tables of a report that have any row. */
export function reportTables(report: Report): readonly TitledTable[] {
  const tables: readonly TitledTable[] = [
    { title: "Results", note: resultsNote, table: summaryTable(report.summaries) },
    { title: "How tasks ended", table: verdictTable(report.summaries) },
    { title: "By group", table: groupTable(report.summaries) },
    { title: "pass@k", table: passTable(report) },
    {
      title: "Pair by pair",
      note: comparisonNote,
      table: comparisonTable(report.comparisons),
    },
    {
      title: "Frequency of the best format",
      note: "Over models, or other sets of runs that differ in nothing but the format. Ties count for each.",
      table: bestTable(report.bestFormats),
    },
    {
      title: "Frequency of the best format, as published",
      note: "Wang et al., 2024.",
      table: bestTable(report.publishedBestFormats),
    },
    {
      title: "Published results",
      note: "Wang et al., 2024, and its release. Prompts, loop and faithful grading here follow it; models and their services have changed.",
      table: publishedTable(report),
    },
  ];
  return tables.filter(({ table }) => table.rows.length > 0);
}

const resultsNote =
  "Success over all tasks but those that the infrastructure failed, with the bootstrap's interval of 95 %. Turns count failed tasks too.";
const comparisonNote =
  "Tasks that were played both ways with everything else alike. Differences are first minus second, in points and turns; p is that of McNemar's exact test.";

function comparisonTable(comparisons: readonly Comparison[]): Table {
  const turns = (value: number): string => value.toFixed(2);
  return {
    header: [
      "model",
      "settings",
      "first",
      "second",
      "tasks",
      "only first",
      "only second",
      "success",
      "95 %",
      "p",
      "turns",
      "95 % of turns",
    ],
    rows: comparisons.map((comparison) => [
      comparison.model,
      comparison.settings,
      comparison.first,
      comparison.second,
      `${comparison.tasks}`,
      `${comparison.firstOnly}`,
      `${comparison.secondOnly}`,
      signed(percent(comparison.difference)),
      intervalText(comparison.differenceInterval, percent),
      comparison.pValue.toFixed(3),
      signed(turns(comparison.turnsDifference)),
      intervalText(comparison.turnsDifferenceInterval, turns),
    ]),
  };
}

function passTable({ passRates }: Report): Table {
  return {
    header: ["model", "format", "settings", "k", "pass@k %"],
    rows: passRates.map(({ model, format, settings, k, rate }) => [
      model,
      format,
      settings,
      `${k}`,
      percent(rate),
    ]),
  };
}

function bestTable(rows: readonly BestFormat[]): Table {
  const useful = rows.some(({ bestSuccess }) => bestSuccess > 0) && rows.length > 1 ? rows : [];
  return {
    header: ["format", "best success", "fewest turns"],
    rows: useful.map(({ format, bestSuccess, fewestTurns }) => [
      format,
      `${bestSuccess}`,
      `${fewestTurns}`,
    ]),
  };
}

function publishedTable({ published }: Report): Table {
  const models = [...Map.groupBy(published, ({ model }) => model)];
  const formats = [...new Set(published.map(({ format }) => format))];
  const cell = (value: number | undefined): string => value?.toFixed(1) ?? "-";
  const withTurns = published.some(({ turns }) => turns !== undefined);
  return {
    header: [
      "model",
      ...formats.map((format) => `${format} %`),
      ...(withTurns ? formats.map((format) => `${format} turns`) : []),
    ],
    rows: models.map(([model, rows]) => {
      const of = (format: string) => rows.find((row) => row.format === format);
      return [
        model,
        ...formats.map((format) => cell(of(format)?.success)),
        ...(withTurns ? formats.map((format) => cell(of(format)?.turns)) : []),
      ];
    }),
  };
}

function signed(text: string): string {
  return text.startsWith("-") ? text : `+${text}`;
}
