import { oracleName } from "../oracle.ts";
import type { EvaluationResult } from "../trajectory.ts";
import { isRetried } from "../verdict.ts";
import { bootstrapMean, type Interval } from "./bootstrap.ts";
import { holmAdjusted } from "./holm.ts";
import { pairedPValue } from "./paired-p-value.ts";
import { mean } from "./summary.ts";
import { settingsText } from "./summary-table.ts";

/** What may be compared: runs that are alike in everything else, task by task. */
export type Dimension = "format" | "feedback";

/** Two ways to play the same tasks with the same model. */
export interface Comparison {
  readonly dimension: Dimension;
  readonly model: string;
  /** All other settings, for people. */
  readonly settings: string;
  readonly first: string;
  readonly second: string;
  /** Tasks that were played both ways. */
  readonly tasks: number;
  /** Pairs of plays, one for each try at a task; the next two count those that one way alone solved. */
  readonly pairs: number;
  readonly firstOnly: number;
  readonly secondOnly: number;
  /** Mean success of the first minus that of the second, from -1 to 1. */
  readonly difference: number;
  readonly differenceInterval: Interval | undefined;
  /** Two-sided exact test: how likely so large a difference is by chance. See {@link pairedPValue}. */
  readonly pValue: number;
  /** The same, adjusted to the number of comparisons along this dimension. See {@link holmAdjusted}. */
  readonly adjustedPValue: number;
  /** Mean turns of the first minus those of the second. */
  readonly turnsDifference: number;
  readonly turnsDifferenceInterval: Interval | undefined;
}

/**
 * Compares results pair by pair along one dimension. Left out are plays without a result, and the oracle, which is no
 * model: its comparisons would only weigh on the p-values of the others.
 */
export function compareResults(
  results: readonly EvaluationResult[],
  dimension: Dimension,
): readonly Comparison[] {
  const counted = results.filter(
    ({ model, verdict }) => !isRetried(verdict) && model !== oracleName,
  );
  const alike = Map.groupBy(counted, (result) => JSON.stringify(othersOf(result, dimension)));
  const comparisons = [...alike.values()].flatMap((group) => {
    const ways = Map.groupBy(group, (result) => result[dimension]);
    return [...ways.keys()].flatMap((first, index, names) =>
      names.slice(index + 1).flatMap((second) => {
        const comparison = compareWays(ways.get(first)!, ways.get(second)!, dimension);
        return comparison === undefined ? [] : [comparison];
      }),
    );
  });
  const adjusted = holmAdjusted(comparisons.map(({ pValue }) => pValue));
  return comparisons.map((comparison, index) => ({
    ...comparison,
    adjustedPValue: adjusted[index]!,
  }));
}

/** What is the same in all results that may be compared along a dimension. */
function othersOf(result: EvaluationResult, dimension: Dimension): readonly string[] {
  const { benchmark, model, format, grading, feedback, settings } = result;
  const all = { format, grading, feedback };
  const rest = Object.entries(all).flatMap(([name, value]) => (name === dimension ? [] : [value]));
  return [benchmark, model, settings, ...rest];
}

/** The same, but for the model, for people. */
function othersText(result: EvaluationResult, dimension: Dimension): string {
  const settings = settingsText(
    dimension === "feedback" ? { ...result, feedback: "enriched" } : result,
  );
  return dimension === "format" ? settings : `${result.format} ${settings}`;
}

function compareWays(
  firsts: readonly EvaluationResult[],
  seconds: readonly EvaluationResult[],
  dimension: Dimension,
): Omit<Comparison, "adjustedPValue"> | undefined {
  const others = new Map(seconds.map((result) => [taskKey(result), result]));
  const pairs = firsts.flatMap((one) => {
    const other = others.get(taskKey(one));
    return other === undefined ? [] : [{ one, other }];
  });
  const [sample] = pairs;
  if (sample === undefined) return undefined;
  const tasks = [...Map.groupBy(pairs, ({ one }) => one.task).values()];
  const differences = tasks.map((tries) =>
    tries.map(({ one, other }) => Number(one.success) - Number(other.success)),
  );
  const turns = tasks.map((tries) => tries.map(({ one, other }) => one.turns - other.turns));
  return {
    dimension,
    model: sample.one.model,
    settings: othersText(sample.one, dimension),
    first: sample.one[dimension],
    second: sample.other[dimension],
    tasks: tasks.length,
    pairs: pairs.length,
    firstOnly: differences.flat().filter((difference) => difference > 0).length,
    secondOnly: differences.flat().filter((difference) => difference < 0).length,
    difference: mean(differences.flat()),
    differenceInterval: bootstrapMean(differences, { low: -1, high: 1 }),
    pValue: pairedPValue(differences),
    turnsDifference: mean(turns.flat()),
    turnsDifferenceInterval: bootstrapMean(turns),
  };
}

function taskKey({ task, sample }: EvaluationResult): string {
  return JSON.stringify([task, sample]);
}

/** For how many models a format did best. */
export interface BestFormat {
  readonly format: string;
  /** Models with the highest success in this format; ties count for each. */
  readonly bestSuccess: number;
  /** Models with the fewest turns in this format. */
  readonly fewestTurns: number;
}

/** Counts over models, or other sets that belong together, which format is best; sets of one format are left out. */
export function bestFormats(
  rows: readonly {
    readonly set: string;
    readonly format: string;
    readonly success: number;
    readonly turns?: number;
  }[],
): readonly BestFormat[] {
  const formats = [...new Set(rows.map(({ format }) => format))];
  const sets = [...Map.groupBy(rows, ({ set }) => set).values()].filter((own) => own.length > 1);
  const count = (
    format: string,
    isBest: (own: (typeof rows)[number], all: typeof rows) => boolean,
  ) => sets.filter((own) => own.some((row) => row.format === format && isBest(row, own))).length;
  return formats.map((format) => ({
    format,
    bestSuccess: count(
      format,
      (row, all) => row.success === Math.max(...all.map(({ success }) => success)),
    ),
    fewestTurns: count(
      format,
      (row, all) =>
        row.turns !== undefined &&
        row.turns === Math.min(...all.map(({ turns = Infinity }) => turns)),
    ),
  }));
}
