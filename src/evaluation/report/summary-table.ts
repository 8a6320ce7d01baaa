import type { Interval } from "./bootstrap.ts";
import type { Summary } from "./summary.ts";
import type { Table } from "./text-table.ts";
import { verdicts } from "../verdict.ts";

/** The main figures of each summary. Tries and scores have a column where they say more than tasks and success. */
export function summaryTable(summaries: readonly Summary[]): Table {
  const hasTries = summaries.some(({ tasks, plays }) => plays !== tasks);
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
      "failed cells %",
      "tokens",
      "cost",
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
      percent(summary.failedCellShare),
      `${about(summary)}${summary.inputTokens + summary.outputTokens}`,
      summary.cost === undefined ? "-" : `${about(summary)}$${summary.cost.toFixed(2)}`,
    ]),
  };
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

/** Success and turns for each group of tasks. */
export function groupTable(summaries: readonly Summary[]): Table {
  return {
    header: ["model", "format", "settings", "group", "tasks", "success %", "turns"],
    rows: summaries.flatMap((summary) =>
      summary.groups.map(({ group, tasks, plays, successes, meanTurns }) => [
        summary.model,
        summary.format,
        settingsText(summary),
        group,
        `${tasks}`,
        percent(successes / plays),
        meanTurns.toFixed(2),
      ]),
    ),
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
  return (share * 100).toFixed(1);
}

/** Both bounds of an interval, such as `52.1 to 63.0`. */
export function intervalText(
  interval: Interval | undefined,
  text: (value: number) => string,
): string {
  return interval === undefined ? "-" : `${text(interval.low)} to ${text(interval.high)}`;
}
