import type { AgentEvent } from "../agent/events.ts";
import type { Trajectory } from "./trajectory.ts";

/** Fewer tokens by more than this are no quirk of counting. */
const leastPart = 0.9;

/** In a turn with one of these the model was asked several times, or the agent itself left something out. */
const notOnlyGrown: ReadonlySet<AgentEvent["type"]> = new Set([
  "compaction",
  "plan-start",
  "stuck-detected",
]);

/** What a person should know of the contexts of the models, found out while trajectories pass by. */
export interface ContextNotes {
  /** Passes trajectories on, one by one. */
  watch(trajectories: Iterable<Trajectory>): Iterable<Trajectory>;
  /**
   * How many plays ended because the context was full, and whether a server seems to have left the start of
   * conversations out, which no verdict tells.
   */
  texts(): readonly string[];
}

/** Creates notes of trajectories that are kept by nobody: all of them may be more than memory holds. */
export function createContextNotes(): ContextNotes {
  const models = new Map<string, { plays: number; full: number; cut: number; said: string }>();
  return {
    *watch(trajectories) {
      for (const trajectory of trajectories) {
        const { model, verdict, events, error } = trajectory;
        const counts = models.get(model) ?? { plays: 0, full: 0, cut: 0, said: "" };
        models.set(model, counts);
        counts.plays += 1;
        if (isCut(events)) counts.cut += 1;
        if (verdict === "context limit") {
          counts.full += 1;
          counts.said ||= error?.message ?? "";
        }
        yield trajectory;
      }
    },
    texts: () =>
      [...models].flatMap(([model, { plays, full, cut, said }]) => [
        ...(full > 0
          ? [
              `${full} of ${plays} plays ended at the context limit. The first: ${said} ` +
                "Give the model's server a larger context, and play again with another --out.",
            ]
          : []),
        ...(cut > 0
          ? [
              `In ${cut} of ${plays} plays the server of ${model} seems to have left out the start of the conversation, ` +
                "as Ollama does without a word when its context is full. Start it with a larger one, such as " +
                "OLLAMA_CONTEXT_LENGTH=32768, and play again with another --out.",
            ]
          : []),
      ]),
  };
}

/** Whether a server read less in one turn than in the turn before, though the conversation only grew. */
function isCut(events: readonly AgentEvent[]): boolean {
  let before = 0;
  let isComparable = true;
  for (const event of events) {
    if (notOnlyGrown.has(event.type)) isComparable = false;
    if (event.type !== "turn-end" || event.usage.estimated === true) continue;
    const inputTokens = isComparable ? event.usage.inputTokens : 0;
    if (inputTokens > 0 && inputTokens < before * leastPart) return true;
    before = inputTokens;
    isComparable = true;
  }
  return false;
}
