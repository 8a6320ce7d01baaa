import type { Feedback, FormatName, Grading } from "../benchmark.ts";
import type { EvaluationResult } from "../trajectory.ts";
import { isRetried, verdicts, type Verdict } from "../verdict.ts";
import { bootstrapMean, type Interval } from "./bootstrap.ts";

/** Results that belong together: one model in one format, with one way of judging and one set of settings. */
export interface Summary {
  readonly benchmark: string;
  readonly model: string;
  readonly format: FormatName;
  readonly grading: Grading;
  readonly feedback: Feedback;
  readonly settings: string;
  /** Tasks with a play that counts. */
  readonly tasks: number;
  /** Plays that count, each try at a task one: all but those that a service or the infrastructure failed. */
  readonly plays: number;
  readonly successes: number;
  /** Mean success, from 0 to 1; 0 without tasks. */
  readonly rate: number;
  readonly rateInterval: Interval | undefined;
  readonly meanScore: number;
  readonly scoreInterval: Interval | undefined;
  /** Over all plays that count, failures included. */
  readonly meanTurns: number;
  readonly turnsInterval: Interval | undefined;
  /** Share of the replies that could not be read. */
  readonly malformedShare: number;
  /** Share of the replies whose code Python could not compile. */
  readonly syntaxErrorShare: number;
  /** Share of the cells that raised, crashed or passed their deadline. */
  readonly failedCellShare: number;
  /** Tokens and cost of all plays, also of those without a result: they were paid for. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Whether some of the tokens are estimated. */
  readonly isEstimated: boolean;
  /** Sum of the costs that are known, in dollars; undefined where none is. */
  readonly cost: number | undefined;
  /** Whether the costs of some plays, but not of all, are known: `cost` is then too low. */
  readonly isCostPartial: boolean;
  /** Tokens read and written in a play that counts. */
  readonly meanTokens: number;
  /** Dollars of a play that counts, where the costs of all are known. */
  readonly meanCost: number | undefined;
  readonly verdicts: Readonly<Record<Verdict, number>>;
  readonly groups: readonly GroupSummary[];
}

/** The part of a summary that belongs to one group of tasks. */
export interface GroupSummary {
  readonly group: string;
  readonly tasks: number;
  readonly plays: number;
  readonly successes: number;
  readonly meanTurns: number;
}

/** Sums results up, one summary for each model, format and settings, in the order in which they first come. */
export function summarise(results: readonly EvaluationResult[]): readonly Summary[] {
  const sets = Map.groupBy(results, summaryKey);
  return [...sets.values()].map(summariseSet);
}

/** What results have in common that are summed up together. */
export function summaryKey(result: EvaluationResult): string {
  const { benchmark, model, format, grading, feedback, settings } = result;
  return JSON.stringify([benchmark, model, grading, feedback, settings, format]);
}

function summariseSet(all: readonly EvaluationResult[]): Summary {
  const counted = all.filter(({ verdict }) => !isRetried(verdict));
  const { benchmark, model, format, grading, feedback, settings } = all[0]!;
  const tasks = [...Map.groupBy(counted, ({ task }) => task).values()];
  const rateInterval = bootstrapMean(
    tasks.map((tries) => tries.map(({ success }) => Number(success))),
    { low: 0, high: 1 },
  );
  const costs = all.flatMap(({ cost }) => cost ?? []);
  const isCostPartial = costs.length > 0 && costs.length < all.length;
  return {
    benchmark,
    model,
    format,
    grading,
    feedback,
    settings,
    tasks: tasks.length,
    plays: counted.length,
    successes: counted.filter(({ success }) => success).length,
    rate: mean(counted.map(({ success }) => Number(success))),
    rateInterval,
    meanScore: mean(counted.map(({ score }) => score)),
    // Most scores are successes, whose interval is known by now.
    scoreInterval: counted.every(({ score, success }) => score === Number(success))
      ? rateInterval
      : bootstrapMean(tasks.map((tries) => tries.map(({ score }) => score))),
    meanTurns: mean(counted.map(({ turns }) => turns)),
    turnsInterval: bootstrapMean(tasks.map((tries) => tries.map(({ turns }) => turns))),
    malformedShare: share(counted, "malformed", "turns"),
    syntaxErrorShare: share(counted, "syntaxErrors", "turns"),
    failedCellShare: share(counted, "failedCells", "cells"),
    inputTokens: sum(all.map(({ usage }) => usage.inputTokens)),
    outputTokens: sum(all.map(({ usage }) => usage.outputTokens)),
    isEstimated: all.some(({ usage }) => usage.estimated === true),
    cost: costs.length === 0 ? undefined : sum(costs),
    isCostPartial,
    meanTokens: mean(counted.map(({ usage }) => usage.inputTokens + usage.outputTokens)),
    meanCost:
      costs.length === 0 || isCostPartial ? undefined : mean(counted.map(({ cost = 0 }) => cost)),
    verdicts: countVerdicts(all),
    groups: groupsOf(counted),
  };
}

function countVerdicts(results: readonly EvaluationResult[]): Readonly<Record<Verdict, number>> {
  const counts = Object.fromEntries(verdicts.map((verdict) => [verdict, 0]));
  for (const { verdict } of results) counts[verdict] = (counts[verdict] ?? 0) + 1;
  return counts as Record<Verdict, number>;
}

function groupsOf(results: readonly EvaluationResult[]): readonly GroupSummary[] {
  const groups = Map.groupBy(
    results.filter(({ group }) => group !== undefined),
    ({ group }) => group!,
  );
  return [...groups].map(([group, members]) => ({
    group,
    tasks: new Set(members.map(({ task }) => task)).size,
    plays: members.length,
    successes: members.filter(({ success }) => success).length,
    meanTurns: mean(members.map(({ turns }) => turns)),
  }));
}

type CountName = "malformed" | "turns" | "failedCells" | "cells" | "syntaxErrors";

function share(results: readonly EvaluationResult[], part: CountName, whole: CountName): number {
  const total = sum(results.map((result) => result[whole] ?? 0));
  return total === 0 ? 0 : sum(results.map((result) => result[part] ?? 0)) / total;
}

/** The arithmetic mean; 0 of no values. */
export function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : sum(values) / values.length;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
