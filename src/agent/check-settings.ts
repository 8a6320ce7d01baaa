import { CodeActError } from "../errors.ts";
import type { AgentSettings } from "./agent-options.ts";

/** Throws `invalid_input` for numbers among an agent's settings that mean nothing. */
export function checkSettings(settings: AgentSettings): void {
  const { planningInterval, maxOutputCharacters, maxToolCalls, compaction } = settings;
  const counts = {
    planningInterval,
    maxOutputCharacters,
    ...(compaction !== false && { "compaction.keepTurns": compaction?.keepTurns }),
  };
  for (const [name, value] of Object.entries(counts)) {
    if (value !== undefined && !(value >= 1)) throw unusable(name, value, "a number from 1");
  }
  const threshold = compaction === false ? undefined : compaction?.threshold;
  if (threshold !== undefined && !(threshold > 0 && threshold <= 1)) {
    throw unusable("compaction.threshold", threshold, "a number above 0 and up to 1");
  }
  if (maxToolCalls !== undefined && !(maxToolCalls >= 0)) {
    throw unusable("maxToolCalls", maxToolCalls, "a number from 0");
  }
}

function unusable(name: string, value: number, wanted: string): CodeActError {
  return new CodeActError("invalid_input", `${name} must be ${wanted}, not ${value}.`);
}
