import type { BestFormat, Comparison } from "./comparison.ts";
import type { Report } from "./report.ts";
import type { Ceiling, UnsolvableTask } from "./ceiling.ts";
import { provenanceText } from "./report-provenance.ts";
import { publishedTable } from "./published-table.ts";
import {
  decimals,
  groupTable,
  intervalText,
  percent,
  settingsText,
  summaryTable,
  verdictTable,
} from "./summary-table.ts";
import type { Table } from "./text-table.ts";

/** A table with its heading and what a reader has to know. */
export interface TitledTable {
  readonly title: string;
  readonly note?: string;
  readonly table: Table;
}

/** Title of the table of the ways in which tasks ended, a row for each summary. */
export const endsTitle = "How tasks ended";

/** All tables of a report that have any row. */
export function reportTables(report: Report): readonly TitledTable[] {
  const tables: readonly TitledTable[] = [
    { title: "Results", note: resultsNote(report), table: summaryTable(report.summaries) },
    { title: endsTitle, table: verdictTable(report.summaries) },
    { title: "pass@k", table: passTable(report) },
    { title: "Ceiling of the harness", note: ceilingNote, table: ceilingTable(report.ceilings) },
    {
      title: "Pair by pair",
      note: comparisonNote,
      table: comparisonTable(report.comparisons),
    },
    {
      title: "Frequency of the best format",
      note: "Over models, or other sets of runs that differ in nothing but the format, by the tasks that were played in each of their formats; the oracle is no model. Ties count for each.",
      table: bestTable(report.bestFormats),
    },
    {
      title: "Frequency of the best format, as published",
      note: "Wang et al., 2024.",
      table: bestTable(report.publishedBestFormats),
    },
    {
      title: "Published results beside these",
      note: `Wang et al., 2024, and its release. Prompts, loop and faithful grading here follow it; models and their services have changed.${publishedNotes[report.benchmark] ?? ""}`,
      table: publishedTable(report),
    },
    { title: "By group", table: groupTable(report.summaries) },
    { title: "Tasks that no answer passes", table: unsolvableTable(report.unsolvable) },
  ];
  const isCommon = commonSettings(report) !== undefined;
  return tables
    .filter(({ table }) => table.rows.length > 0)
    .map((titled) => (isCommon ? { ...titled, table: without(titled.table, "settings") } : titled));
}

/** The settings of all runs, where they are the same; a column of them would say nothing. */
export function commonSettings({ summaries }: Report): string | undefined {
  const [first, ...others] = new Set(summaries.map(settingsText));
  return others.length === 0 ? first : undefined;
}

function without({ header, rows }: Table, title: string): Table {
  const kept = (row: readonly string[]): readonly string[] =>
    row.filter((_, column) => header[column] !== title);
  return { header: kept(header), rows: rows.map(kept) };
}

/** What a reader has to know of the main figures, with a warning where some are missing. */
export function unfinishedNote({ summaries }: Report): string | undefined {
  const missing = summaries.reduce(
    (sum, { verdicts: ends }) => sum + ends["model error"] + ends.infrastructure,
    0,
  );
  if (missing === 0) return undefined;
  return `${missing} ${missing === 1 ? "play has" : "plays have"} no result yet, because the model's service or the sandbox failed: run the same command again before you use these figures.`;
}

function resultsNote(report: Report): string {
  const { summaries } = report;
  const common = commonSettings(report);
  const isCertain = summaries.some(({ rate, plays }) => plays > 0 && rate % 1 === 0);
  const notes = [
    common === undefined ? "" : `Grading and settings of all: ${common}.`,
    "Success over all plays with a result, with the bootstrap's interval of 95 %. Turns count failed tasks too.",
    isCertain
      ? "Where all tasks ended alike, the interval of success is the exact one of the rule of three."
      : "",
    new Set(summaries.map(({ tasks }) => tasks)).size > 1
      ? "Runs of different tasks are not alike: compare them pair by pair."
      : "",
    summaries.some(({ syntaxErrorShare }) => syntaxErrorShare > 0)
      ? "Bad replies are neither action nor answer; syntax errors are replies whose code Python could not compile."
      : "",
    summaries.some(({ isEstimated }) => isEstimated)
      ? "With ~ a part is estimated: a reply that is left once its action is complete ends before the service tells its tokens."
      : "",
    summaries.some(({ isCostPartial }) => isCostPartial)
      ? "With ≥ the prices of some plays are not known."
      : "",
    provenanceText(report.provenance),
    unfinishedNote(report) ?? "",
  ];
  return notes.filter((note) => note !== "").join(" ");
}

const ceilingNote =
  "Of the benchmark's tasks that have an oracle, those for which it knows an answer that passes by these rules: no model can solve more.";
const publishedNotes: Readonly<Record<string, string>> = {
  mint: " MINT's are SR_5 over 586 tasks, with the games of ALFWorld and Wikipedia's search, which are not here.",
};
const comparisonNote =
  "Tasks that were played both ways with everything else alike. Differences are first minus second, in points and turns; p is that of McNemar's exact test, with all tries at a task as one. The adjusted p (Holm) allows for the number of comparisons: take that one to claim a difference.";

function comparisonTable(comparisons: readonly Comparison[]): Table {
  const turns = (value: number): string => decimals(value, 2);
  const hasSeveral = comparisons.some((own) => own.adjustedPValue !== own.pValue);
  const hasTries = comparisons.some(({ tasks, pairs }) => pairs !== tasks);
  return {
    header: [
      "model",
      "settings",
      "first",
      "second",
      "tasks",
      ...(hasTries ? ["pairs"] : []),
      "only first",
      "only second",
      "success",
      "95 %",
      "p",
      ...(hasSeveral ? ["adjusted p"] : []),
      "turns",
      "95 % of turns",
    ],
    rows: comparisons.map((comparison) => [
      comparison.model,
      comparison.settings,
      comparison.first,
      comparison.second,
      `${comparison.tasks}`,
      ...(hasTries ? [`${comparison.pairs}`] : []),
      `${comparison.firstOnly}`,
      `${comparison.secondOnly}`,
      signed(percent(comparison.difference)),
      intervalText(comparison.differenceInterval, percent),
      chance(comparison.pValue),
      ...(hasSeveral ? [chance(comparison.adjustedPValue)] : []),
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

function ceilingTable(ceilings: readonly Ceiling[]): Table {
  return {
    header: ["format", "grading", "tasks", "can be solved", "%"],
    rows: ceilings.map(({ format, grading, tasks, solvable }) => [
      format,
      grading,
      `${tasks}`,
      `${solvable}`,
      percent(solvable / Math.max(tasks, 1)),
    ]),
  };
}

function unsolvableTable(unsolvable: readonly UnsolvableTask[]): Table {
  return {
    header: ["task", "formats", "grading", "counted", "reason"],
    rows: unsolvable.map(({ task, formats, grading, isLeftOut, reason }) => [
      task,
      formats.join(", "),
      grading,
      isLeftOut ? "left out" : "as failed",
      reason,
    ]),
  };
}

function chance(p: number): string {
  return p < 0.001 ? "<0.001" : p.toFixed(3);
}

function signed(text: string): string {
  return text.startsWith("-") ? text : `+${text}`;
}
