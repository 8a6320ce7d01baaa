/** Ends a text before the first of some stop strings, wherever the pieces of the text are cut. */
export interface StopFilter {
  /** Takes a piece and returns the text that surely comes before any stop string. */
  push(text: string): string;
  /** Returns what was held back because it could have been the start of a stop string. */
  flush(): string;
  /** Whether a stop string was met; nothing comes out after it. */
  readonly stopped: boolean;
}

/** Creates a filter; servers may ignore stop strings, or split them over pieces. */
export function createStopFilter(stops: readonly string[]): StopFilter {
  const active = stops.filter((stop) => stop !== "");
  let held = "";
  let stopped = false;
  return {
    get stopped() {
      return stopped;
    },
    push(text) {
      if (stopped) return "";
      const whole = held + text;
      const found = active.map((stop) => whole.indexOf(stop)).filter((index) => index >= 0);
      if (found.length > 0) {
        stopped = true;
        held = "";
        return whole.slice(0, Math.min(...found));
      }
      const length = possibleStart(whole, active);
      held = whole.slice(whole.length - length);
      return whole.slice(0, whole.length - length);
    },
    flush() {
      const text = held;
      held = "";
      return text;
    },
  };
}

/** The length of the longest end of `text` that some stop string starts with. */
function possibleStart(text: string, stops: readonly string[]): number {
  let longest = 0;
  for (const stop of stops) {
    for (let length = Math.min(stop.length - 1, text.length); length > longest; length--) {
      if (text.endsWith(stop.slice(0, length))) longest = length;
    }
  }
  return longest;
}
