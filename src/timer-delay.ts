/** The longest time that a timer can wait: 24 days. Beyond it Node's timers fire at once. */
const longestMs = 2 ** 31 - 1;

/** Makes a number of milliseconds, `Infinity` too, one that timers take: a whole one, and 24 days in place of more. */
export function timerDelay(delayMs: number): number {
  return Math.ceil(Math.min(Math.max(delayMs, 0), longestMs));
}
