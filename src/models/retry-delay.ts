const firstDelayMs = 500;
const longestDelayMs = 30_000;

/** How long a server's `Retry-After` is obeyed; beyond it the failure is reported instead. */
export const longestRetryAfterMs = 120_000;

/** The wait before retry number `attempt`, from 0: doubling, with up to a quarter taken off at random. */
export function backoffMs(attempt: number, random: () => number): number {
  return Math.min(firstDelayMs * 2 ** attempt, longestDelayMs) * (1 - random() * 0.25);
}

/** Reads the wait that a server asks for, in milliseconds. */
export function retryAfterMs(headers: Headers | undefined, nowMs: number): number | undefined {
  const exact = Number.parseFloat(headers?.get("retry-after-ms") ?? "");
  if (exact >= 0) return exact;
  const value = headers?.get("retry-after");
  if (value === null || value === undefined) return undefined;
  if (/^\s*\d+(\.\d+)?\s*$/.test(value)) return Number.parseFloat(value) * 1000;
  const dateMs = Date.parse(value);
  return Number.isNaN(dateMs) ? undefined : Math.max(dateMs - nowMs, 0);
}
