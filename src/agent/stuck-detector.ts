import { createHash } from "node:crypto";
import type { Message } from "../models/model.ts";
import { normaliseCode, normaliseOutput } from "./normalise-code.ts";

/** One thing that the model did. */
export interface Deed {
  /** Its code, or its reply when that was no action. */
  readonly action: string;
  /** What the model read of it. */
  readonly result: string;
  readonly failed: boolean;
  /** The model's message, when it left one. */
  readonly message?: Message;
}

/** How the model goes round in circles. */
export interface Repetition {
  /**
   * - `failing-action`: the same code with the same error.
   * - `same-result`: the same code with the same output.
   * - `cycle`: two or three actions in turns, always with the same outputs.
   */
  readonly pattern: "failing-action" | "same-result" | "cycle";
  /** Actions of one round. */
  readonly period: number;
  /** Actions that belong to it, the first round included. */
  readonly count: number;
}

/** What is to be done about it: first the model is told, then its repeats are dropped, then the run ends. */
export interface StuckVerdict {
  readonly measure: "told" | "dropped" | "ended";
  readonly repetition: Repetition;
  /** The messages of the model that repeat the first round, oldest first. */
  readonly repeats: readonly Message[];
}

export interface StuckDetector {
  /** Takes what the model did last. */
  observe(deed: Deed): StuckVerdict | undefined;
  /** A detector that has seen the same, for a run that goes on from here. */
  copy(): StuckDetector;
}

/** What a detector has seen. */
interface Seen {
  readonly deeds: readonly SeenDeed[];
  readonly warnings: number;
  /** Deeds since the last one that was there before. */
  readonly fresh: number;
}

interface SeenDeed {
  readonly sign: string;
  readonly waits: boolean;
  readonly message: Message | undefined;
}

const measures = ["told", "dropped", "ended"] as const;
/** Deeds of another kind after which an earlier repetition is forgotten. */
const freshStarts = 3;
const longestCycle = 3;

/** Code that sleeps waits for something, which may take its time: so many equal deeds are no fault. */
const patience = 10;
const sleeps = /\bsleep\s*\(|!\s*sleep\b/;

/** Creates a detector for one run. */
export function createStuckDetector(
  start: Seen = { deeds: [], warnings: 0, fresh: 0 },
): StuckDetector {
  const deeds = [...start.deeds];
  let { warnings, fresh } = start;

  return {
    observe({ action, result, failed, message }) {
      const sign = hash(`${normaliseCode(action)}\u0000${normaliseOutput(result)}`);
      fresh = deeds.some((deed) => deed.sign === sign) ? 0 : fresh + 1;
      deeds.push({ sign, waits: sleeps.test(action), message });
      if (fresh >= freshStarts) warnings = 0;
      const repetition = findRepetition(deeds, failed);
      if (repetition === undefined) return undefined;
      const measure = measures[Math.min(warnings++, measures.length - 1)]!;
      const repeats = deeds.slice(deeds.length - repetition.count + repetition.period);
      return {
        measure,
        repetition,
        repeats: repeats.flatMap((deed) => deed.message ?? []),
      };
    },
    copy: () => createStuckDetector({ deeds, warnings, fresh }),
  };
}

function findRepetition(deeds: readonly SeenDeed[], failed: boolean): Repetition | undefined {
  const signs = deeds.map(({ sign }) => sign);
  const least = (period: number, usual: number): number =>
    deeds.slice(-period).some(({ waits }) => waits) ? patience : usual;
  const same = trailing(signs, 1);
  if (same >= least(1, failed ? 2 : 3)) {
    return { pattern: failed ? "failing-action" : "same-result", period: 1, count: same };
  }
  for (let period = 2; period <= longestCycle; period++) {
    const count = trailing(signs, period);
    if (count >= least(period, period * 2)) return { pattern: "cycle", period, count };
  }
  return undefined;
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("base64");
}

/** How many of the last signs each equal the one a period before them, the first period included. */
function trailing(signs: readonly string[], period: number): number {
  let equal = 0;
  for (let at = signs.length - 1; at >= period && signs[at] === signs[at - period]; at--) {
    equal += 1;
  }
  return equal === 0 ? 0 : equal + period;
}

/** What the model reads when it is found to repeat itself. */
export function stuckNotice({ pattern, period, count }: Repetition): string {
  const advice =
    "Do something different: look at the data or the error again, test a smaller step, use another method, or answer with what you know.";
  switch (pattern) {
    case "failing-action":
      return `You ran the same code ${count} times and it failed with the same error each time. Repeating it will not help. ${advice}`;
    case "same-result":
      return `You ran the same code ${count} times and got the same output each time. ${advice}`;
    case "cycle":
      return `Your last ${count} actions repeat the same ${period} steps with the same results. ${advice}`;
  }
}

/** What the model reads when its repeats have ended the run. */
export const stuckEndNotice =
  "You repeat yourself, so that no more code is run. Give your best answer now in plain words, with what you know, and say what is missing.";

/** What stands in history in place of repeats that were dropped. */
export function droppedNotice({ period, count }: Repetition): string {
  const what = period === 1 ? "this code again" : `these ${period} steps again`;
  return `[You then ran ${what}, ${count - period} more ${count - period === 1 ? "time" : "times"} in all, with the same result; the repeats were left out here. Do not run it once more: do something different, or answer with what you know.]`;
}
