/** Bounds between which a mean lies with a probability of 95 %. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

const resamples = 2_000;

/**
 * The bootstrap's percentile interval of a mean (Efron, 1979): 2,000 resamples, 95 %. The same values always give
 * the same interval. Undefined for no values.
 */
export function bootstrapMean(values: readonly number[]): Interval | undefined {
  if (values.length === 0) return undefined;
  const random = createRandom(values.length);
  const means = Array.from({ length: resamples }, () => {
    let sum = 0;
    for (let index = 0; index < values.length; index++) {
      sum += values[Math.floor(random() * values.length)]!;
    }
    return sum / values.length;
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
