import type { Interval } from "./bootstrap.ts";
import type { GroupSummary, Summary } from "./summary.ts";
import type { Table } from "./text-table.ts";
import { verdicts } from "../verdict.ts";

/** The main figures of each summary. Tries, scores, syntax errors and costs have a column where they say something. */
export function summaryTable(summaries: readonly Summary[]): Table {
  const hasTries = summaries.some(({ tasks, plays }) => plays !== tasks);
  const hasSyntaxErrors = summaries.some(({ syntaxErrorShare }) => syntaxErrorShare > 0);
  const hasCosts = summaries.some(({ cost }) => cost !== undefined);
  const hasScores = summaries.some(({ rate, meanScore }) => meanScore !== rate);
  return {
    header: [
      "model",
      "format",
      "settings",
      "tasks",
      ...(hasTries ? ["plays"] : []),
      "success %",
      "95 %",
      ...(hasScores ? ["score", "95 % of score"] : []),
      "turns",
      "bad replies %",
      ...(hasSyntaxErrors ? ["syntax errors %"] : []),
      "failed cells %",
      "tokens",
      ...(hasCosts ? ["cost"] : []),
    ],
    rows: summaries.map((summary) => [
      summary.model,
      summary.format,
      settingsText(summary),
      `${summary.tasks}`,
      ...(hasTries ? [`${summary.plays}`] : []),
      percent(summary.rate),
      intervalText(summary.rateInterval, percent),
      ...(hasScores
        ? [
            summary.meanScore.toFixed(2),
            intervalText(summary.scoreInterval, (score) => score.toFixed(2)),
          ]
        : []),
      summary.meanTurns.toFixed(2),
      percent(summary.malformedShare),
      ...(hasSyntaxErrors ? [percent(summary.syntaxErrorShare)] : []),
      percent(summary.failedCellShare),
      `${about(summary)}${wholeText(summary.inputTokens + summary.outputTokens)}`,
      ...(hasCosts ? [costText(summary)] : []),
    ]),
  };
}

function costText(summary: Summary): string {
  if (summary.cost === undefined) return "-";
  return `${summary.isCostPartial ? "≥" : about(summary)}${dollarText(summary.cost)}`;
}

/** Marks figures that are estimates in part. */
function about({ isEstimated }: Summary): string {
  return isEstimated ? "~" : "";
}

/** How the tasks of each summary ended; columns without any are left out. */
export function verdictTable(summaries: readonly Summary[]): Table {
  const used = verdicts.filter((verdict) =>
    summaries.some((summary) => summary.verdicts[verdict] > 0),
  );
  return {
    header: ["model", "format", "settings", ...used],
    rows: summaries.map((summary) => [
      summary.model,
      summary.format,
      settingsText(summary),
      ...used.map((verdict) => `${summary.verdicts[verdict]}`),
    ]),
  };
}

/** Success and turns for each group of tasks, all formats of a model in one row. */
export function groupTable(summaries: readonly Summary[]): Table {
  const formats = [...new Set(summaries.map(({ format }) => format))];
  const sets = Map.groupBy(summaries, (own) => JSON.stringify([own.model, settingsText(own)]));
  return {
    header: [
      "model",
      "settings",
      "group",
      "tasks",
      ...formats.map((format) => `${format} %`),
      ...formats.map((format) => `${format} turns`),
    ],
    rows: [...sets.values()].flatMap((set) => {
      const names = new Set(set.flatMap(({ groups }) => groups.map(({ group }) => group)));
      return [...names].map((name) => {
        const of = (format: string): GroupSummary | undefined =>
          set.find((own) => own.format === format)?.groups.find(({ group }) => group === name);
        const own = formats.map(of);
        return [
          set[0]!.model,
          settingsText(set[0]!),
          name,
          rangeText(own.flatMap((one) => one?.tasks ?? [])),
          ...own.map((one) => (one === undefined ? "-" : percent(one.successes / one.plays))),
          ...own.map((one) => one?.meanTurns.toFixed(2) ?? "-"),
        ];
      });
    }),
  };
}

/** Grading, feedback where it is not the usual one, and what else differs from the benchmark's own settings. */
export function settingsText({
  grading,
  feedback,
  settings,
}: Pick<Summary, "grading" | "feedback" | "settings">): string {
  return [grading, feedback === "plain" ? "plain feedback" : "", settings]
    .filter((part) => part !== "")
    .join(" ");
}

/** A share as a percentage with one decimal. */
export function percent(share: number): string {
  return decimals(share * 100, 1);
}

/** A number with as many decimals, without the sign of a zero. */
export function decimals(value: number, digits: number): string {
  return value.toFixed(digits).replace(/^-(?=[0.]*$)/, "");
}

/** The least and the greatest of some numbers, such as `80 to 82`; one where they are all the same. */
export function rangeText(values: readonly number[]): string {
  return [...new Set([Math.min(...values), Math.max(...values)])].join(" to ");
}

/** Such as `1,319`. */
export function wholeText(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** Such as `$12.30`; small amounts with four decimals. */
export function dollarText(value: number): string {
  return `$${value.toFixed(value > 0 && value < 0.1 ? 4 : 2)}`;
}

/** Both bounds of an interval, such as `52.1 to 63.0`. */
export function intervalText(
  interval: Interval | undefined,
  text: (value: number) => string,
): string {
  return interval === undefined ? "-" : `${text(interval.low)} to ${text(interval.high)}`;
}
