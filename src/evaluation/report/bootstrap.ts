/** Bounds between which a mean lies with a probability of 95 %. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

const resamples = 2_000;

/**
 * The bootstrap's percentile interval of a mean (Efron, 1979): 2,000 resamples, 95 %. Each inner list holds the values
 * of one task, its tries; tasks are resampled with all of theirs, because tries at one task are alike. The same
 * tasks give the same interval, in any order. Undefined for no values.
 *
 * Values that are all the same leave nothing to resample. Where their `range` is known the interval is then the exact
 * one that lets at most a share of 1 - 0.05^(1/tasks) of all tasks differ, the rule of three (Hanley and
 * Lippman-Hand, 1983); otherwise it is the value alone.
 */
export function bootstrapMean(
  tasks: readonly (readonly number[])[],
  range?: Interval,
): Interval | undefined {
  const [[first] = []] = tasks;
  if (first === undefined) return undefined;
  if (tasks.every((tries) => tries.every((value) => value === first))) {
    const share = range === undefined ? 0 : 1 - 0.05 ** (1 / tasks.length);
    const { low, high } = range ?? { low: first, high: first };
    return { low: first - share * (first - low), high: first + share * (high - first) };
  }
  const totals = tasks
    .map((tries) => ({ sum: tries.reduce((sum, value) => sum + value, 0), count: tries.length }))
    .toSorted((a, b) => a.sum - b.sum || a.count - b.count);
  const sums = Float64Array.from(totals, ({ sum }) => sum);
  const counts = Float64Array.from(totals, ({ count }) => count);
  const random = createRandom(tasks.length);
  const means = new Float64Array(resamples).map(() => {
    let sum = 0;
    let count = 0;
    for (let drawn = 0; drawn < sums.length; drawn++) {
      const index = Math.floor(random() * sums.length);
      sum += sums[index]!;
      count += counts[index]!;
    }
    return sum / count;
  });
  means.sort();
  return {
    low: means[Math.floor(resamples * 0.025)]!,
    high: means[Math.ceil(resamples * 0.975) - 1]!,
  };
}

/** Mulberry32: a small generator of random numbers with a seed. */
function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
