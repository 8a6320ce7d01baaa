import type { Usage } from "./model.ts";

/** US dollars for a million tokens of each kind. */
export interface ModelPrice {
  readonly input: number;
  readonly output: number;
  /** Of input that the service had in its cache. Default: as `input`. */
  readonly cachedInput?: number;
  /** Of input that the service put into its cache. Default: as `input`. */
  readonly cacheWrite?: number;
}

/** What this usage costs, in US dollars. */
export function costOf(usage: Usage, price: ModelPrice): number {
  const { inputTokens, outputTokens, cachedInputTokens = 0, cacheWriteTokens = 0 } = usage;
  const plain = Math.max(inputTokens - cachedInputTokens - cacheWriteTokens, 0);
  const cost =
    plain * price.input +
    cachedInputTokens * (price.cachedInput ?? price.input) +
    cacheWriteTokens * (price.cacheWrite ?? price.input) +
    outputTokens * price.output;
  return cost / 1e6;
}

/** Adds up what several replies used. */
export function addUsage(a: Usage, b: Usage): Usage {
  const cached = (a.cachedInputTokens ?? 0) + (b.cachedInputTokens ?? 0);
  const written = (a.cacheWriteTokens ?? 0) + (b.cacheWriteTokens ?? 0);
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    ...(cached > 0 && { cachedInputTokens: cached }),
    ...(written > 0 && { cacheWriteTokens: written }),
    ...((a.estimated ?? b.estimated) && { estimated: true }),
  };
}

/** What `a` has more than `b`. */
export function subtractUsage(a: Usage, b: Usage): Usage {
  const cached = (a.cachedInputTokens ?? 0) - (b.cachedInputTokens ?? 0);
  const written = (a.cacheWriteTokens ?? 0) - (b.cacheWriteTokens ?? 0);
  return {
    inputTokens: a.inputTokens - b.inputTokens,
    outputTokens: a.outputTokens - b.outputTokens,
    ...(cached > 0 && { cachedInputTokens: cached }),
    ...(written > 0 && { cacheWriteTokens: written }),
    ...(a.estimated && { estimated: true }),
  };
}
