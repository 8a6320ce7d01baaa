import type { EvaluationResult } from "../trajectory.ts";
import { bootstrapMean, type Interval } from "./bootstrap.ts";
import { mean } from "./summary.ts";

/** What may be compared: runs that are alike in everything else, task by task. */
export type Dimension = "format" | "feedback" | "grading";

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
  readonly firstOnly: number;
  readonly secondOnly: number;
  /** Mean success of the first minus that of the second, from -1 to 1. */
  readonly difference: number;
  readonly differenceInterval: Interval | undefined;
  /** Two-sided exact McNemar test: how likely so uneven a split of the differing tasks is by chance. */
  readonly pValue: number;
  /** Mean turns of the first minus those of the second. */
  readonly turnsDifference: number;
  readonly turnsDifferenceInterval: Interval | undefined;
}

/** Compares results pair by pair along one dimension; tasks that the infrastructure failed are left out. */
export function compareResults(
  results: readonly EvaluationResult[],
  dimension: Dimension,
): readonly Comparison[] {
  const counted = results.filter(({ verdict }) => verdict !== "infrastructure");
  const alike = Map.groupBy(counted, (result) => JSON.stringify(othersOf(result, dimension)));
  return [...alike.values()].flatMap((group) => {
    const ways = Map.groupBy(group, (result) => result[dimension]);
    return [...ways.keys()].flatMap((first, index, names) =>
      names.slice(index + 1).flatMap((second) => {
        const comparison = compareWays(ways.get(first)!, ways.get(second)!, dimension);
        return comparison === undefined ? [] : [comparison];
      }),
    );
  });
}

function othersOf(result: EvaluationResult, dimension: Dimension): readonly string[] {
  const { benchmark, model, format, grading, feedback, settings } = result;
  const all = { format, grading, feedback };
  const rest = Object.entries(all).flatMap(([name, value]) => (name === dimension ? [] : [value]));
  return [benchmark, model, settings, ...rest];
}

function compareWays(
  firsts: readonly EvaluationResult[],
  seconds: readonly EvaluationResult[],
  dimension: Dimension,
): Comparison | undefined {
  const others = new Map(seconds.map((result) => [taskKey(result), result]));
  const pairs = firsts.flatMap((one) => {
    const other = others.get(taskKey(one));
    return other === undefined ? [] : [{ one, other }];
  });
  const [sample] = pairs;
  if (sample === undefined) return undefined;
  const differences = pairs.map(({ one, other }) => Number(one.success) - Number(other.success));
  const turns = pairs.map(({ one, other }) => one.turns - other.turns);
  const firstOnly = differences.filter((difference) => difference > 0).length;
  const secondOnly = differences.filter((difference) => difference < 0).length;
  const [, model, settings, ...rest] = othersOf(sample.one, dimension);
  return {
    dimension,
    model: model ?? "",
    settings: [...rest.filter((part) => part !== "enriched"), settings]
      .filter((part) => part !== "")
      .join(" "),
    first: sample.one[dimension],
    second: sample.other[dimension],
    tasks: pairs.length,
    firstOnly,
    secondOnly,
    difference: mean(differences),
    differenceInterval: bootstrapMean(differences),
    pValue: mcNemar(firstOnly, secondOnly),
    turnsDifference: mean(turns),
    turnsDifferenceInterval: bootstrapMean(turns),
  };
}

function taskKey({ task, sample }: EvaluationResult): string {
  return JSON.stringify([task, sample]);
}

/** The exact McNemar test: twice the binomial tail, with a chance of one half for each side. */
export function mcNemar(firstOnly: number, secondOnly: number): number {
  const total = firstOnly + secondOnly;
  let tail = 0;
  // Logarithms, because the binomial coefficients of some hundred tasks leave the range of numbers.
  let logTerm = -total * Math.LN2;
  for (let k = 0; k <= Math.min(firstOnly, secondOnly); k++) {
    tail += Math.exp(logTerm);
    logTerm += Math.log(total - k) - Math.log(k + 1);
  }
  return Math.min(1, 2 * tail);
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
