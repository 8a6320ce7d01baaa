import { CodeActError } from "../errors.ts";
import { timerDelay } from "../timer-delay.ts";
import { defaultLimits } from "./runtime.ts";
import type { SessionLimits } from "./runtime.ts";

const names = Object.keys(defaultLimits) as (keyof SessionLimits)[];

/**
 * Completes limits by those given before and by the defaults, as whole numbers; `Infinity` means none.
 * Throws `invalid_input` for what is no number from 0.
 */
export function completeLimits(
  ...given: readonly (Partial<SessionLimits> | undefined)[]
): SessionLimits {
  const entries = names.map((name) => {
    const set = given.findLast((limits) => limits?.[name] !== undefined);
    return [name, wholeNumber(name, set?.[name] ?? defaultLimits[name])] as const;
  });
  return Object.fromEntries(entries) as Record<keyof SessionLimits, number>;
}

function wholeNumber(name: string, value: unknown): number {
  if (typeof value !== "number" || !(value >= 0)) {
    throw new CodeActError(
      "invalid_input",
      `The limit ${name} must be a number from 0, not ${String(value)}.`,
      { hint: "Infinity means no limit; what is left out has its default." },
    );
  }
  return name.endsWith("Ms")
    ? timerDelay(value)
    : Math.min(Math.ceil(value), Number.MAX_SAFE_INTEGER);
}
