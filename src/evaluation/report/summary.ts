import type { Feedback, FormatName, Grading } from "../benchmark.ts";
import type { EvaluationResult } from "../trajectory.ts";
import { verdicts, type Verdict } from "../verdict.ts";
import { bootstrapMean, type Interval } from "./bootstrap.ts";

/** Results that belong together: one model in one format, with one way of judging and one set of settings. */
export interface Summary {
  readonly benchmark: string;
  readonly model: string;
  readonly format: FormatName;
  readonly grading: Grading;
  readonly feedback: Feedback;
  readonly settings: string;
  /** Tasks that count: all but those that the infrastructure failed. */
  readonly tasks: number;
  readonly successes: number;
  /** Mean success, from 0 to 1; 0 without tasks. */
  readonly rate: number;
  readonly rateInterval: Interval | undefined;
  readonly meanScore: number;
  /** Over all tasks that count, failures included. */
  readonly meanTurns: number;
  readonly turnsInterval: Interval | undefined;
  /** Share of the replies that could not be read. */
  readonly malformedShare: number;
  /** Share of the cells that raised, crashed or passed their deadline. */
  readonly failedCellShare: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cost: number | undefined;
  readonly verdicts: Readonly<Record<Verdict, number>>;
  readonly groups: readonly GroupSummary[];
}

/** The part of a summary that belongs to one group of tasks. */
export interface GroupSummary {
  readonly group: string;
  readonly tasks: number;
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
  const counted = all.filter(({ verdict }) => verdict !== "infrastructure");
  const { benchmark, model, format, grading, feedback, settings } = all[0]!;
  const turns = counted.map((result) => result.turns);
  const costs = all.flatMap(({ cost }) => cost ?? []);
  return {
    benchmark,
    model,
    format,
    grading,
    feedback,
    settings,
    tasks: counted.length,
    successes: counted.filter(({ success }) => success).length,
    rate: mean(counted.map(({ success }) => Number(success))),
    rateInterval: bootstrapMean(counted.map(({ success }) => Number(success))),
    meanScore: mean(counted.map(({ score }) => score)),
    meanTurns: mean(turns),
    turnsInterval: bootstrapMean(turns),
    malformedShare: share(counted, "malformed", "turns"),
    failedCellShare: share(counted, "failedCells", "cells"),
    inputTokens: sum(all.map(({ usage }) => usage.inputTokens)),
    outputTokens: sum(all.map(({ usage }) => usage.outputTokens)),
    cost: costs.length === 0 ? undefined : sum(costs),
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
    tasks: members.length,
    successes: members.filter(({ success }) => success).length,
    meanTurns: mean(members.map(({ turns }) => turns)),
  }));
}

type CountName = "malformed" | "turns" | "failedCells" | "cells";

function share(results: readonly EvaluationResult[], part: CountName, whole: CountName): number {
  const total = sum(results.map((result) => result[whole]));
  return total === 0 ? 0 : sum(results.map((result) => result[part])) / total;
}

/** The arithmetic mean; 0 of no values. */
export function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : sum(values) / values.length;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
