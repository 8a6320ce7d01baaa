import type { EvaluationResult } from "../trajectory.ts";
import { isRetried } from "../verdict.ts";
import { mean, summaryKey } from "./summary.ts";
import { settingsText } from "./summary-table.ts";

/** pass@k of one model with one set of settings, over tasks that were tried several times. */
export interface PassAtK {
  readonly model: string;
  readonly format: string;
  /** Grading and all other settings, for people. */
  readonly settings: string;
  readonly k: number;
  /** From 0 to 1. */
  readonly rate: number;
}

/**
 * The unbiased estimate of the chance that at least one of k tries passes, from n tries of which c passed:
 * 1 - C(n-c, k) / C(n, k) (Chen et al., 2021). Throws RangeError for k > n.
 */
export function passAtK(n: number, c: number, k: number): number {
  if (k > n) throw new RangeError(`pass@${k} needs ${k} tries, there are ${n}.`);
  if (n - c < k) return 1;
  let none = 1;
  for (let index = n - c + 1; index <= n; index++) none *= 1 - k / index;
  return 1 - none;
}

/** pass@1, 5, 10 and 100, as far as each task has as many tries; nothing for tasks that were tried once. */
export function passRates(results: readonly EvaluationResult[]): readonly PassAtK[] {
  const counted = results.filter(({ verdict }) => !isRetried(verdict));
  return [...Map.groupBy(counted, summaryKey).values()].flatMap((own) => {
    const tasks = [...Map.groupBy(own, ({ task }) => task).values()];
    const tries = Math.min(...tasks.map((members) => members.length));
    if (tries < 2) return [];
    const { model, format } = own[0]!;
    const settings = settingsText(own[0]!);
    return [1, 5, 10, 100].flatMap((k) => {
      if (k > tries) return [];
      const rates = tasks.map((members) =>
        passAtK(members.length, members.filter(({ success }) => success).length, k),
      );
      return [{ model, format, settings, k, rate: mean(rates) }];
    });
  });
}
