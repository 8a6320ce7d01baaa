/** Bounds between which a mean lies with a probability of 95 %. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

const resamples = 2_000;

/**
 * The bootstrap's percentile interval of a mean (Efron, 1979): 2,000 resamples, 95 %. Each inner list holds the values
 * of one task, its tries; tasks are resampled with all of theirs, because tries at one task are alike. The same
 * values always give the same interval. Undefined for no values.
 */
export function bootstrapMean(tasks: readonly (readonly number[])[]): Interval | undefined {
  if (tasks.length === 0) return undefined;
  const random = createRandom(tasks.length);
  const means = Array.from({ length: resamples }, () => {
    let sum = 0;
    let count = 0;
    for (let index = 0; index < tasks.length; index++) {
      const values = tasks[Math.floor(random() * tasks.length)]!;
      for (const value of values) sum += value;
      count += values.length;
    }
    return sum / count;
  }).sort((a, b) => a - b);
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
