import type { Outcome, Output } from "../execution/outcome.ts";
import type { AgentEvent } from "./events.ts";

/** A message of the user and all that came of it. */
export interface Exchange {
  readonly task: string;
  readonly events: readonly AgentEvent[];
}

/** What people see of an exchange, in its order. */
export type ExchangeStep =
  | { readonly type: "prose"; readonly text: string }
  | {
      readonly type: "code";
      readonly code: string;
      readonly outputs: readonly Output[];
      /** Missing when the interpreter was lost in the middle of the cell. */
      readonly outcome?: Outcome;
    };

/**
 * Leaves out of a stream of events what others repeat: pieces of code once it is complete, outputs once
 * their cell has ended. Pieces of prose that follow one another become one. What is left says all that the stream said.
 */
export function compactEvents(events: readonly AgentEvent[]): readonly AgentEvent[] {
  const kept: AgentEvent[] = [];
  for (const event of events) {
    const last = kept.at(-1);
    const joins = event.type === "text-delta" || event.type === "code-delta";
    if (joins && last?.type === event.type && last.turn === event.turn) {
      kept[kept.length - 1] = { ...last, text: last.text + event.text };
      continue;
    }
    if (event.type === "code-complete") drop(kept, "code-delta", "turn-start");
    if (event.type === "cell-end") drop(kept, "output", "cell-start");
    kept.push(event);
  }
  return kept;
}

/** Removes the events of a type that came since the last one of another type. */
function drop(events: AgentEvent[], type: AgentEvent["type"], since: AgentEvent["type"]): void {
  const start = events.findLastIndex((event) => event.type === since) + 1;
  events.splice(start, Infinity, ...events.slice(start).filter((event) => event.type !== type));
}

/** Reads the prose and the cells out of an exchange's events. Code that never ran is left out. */
export function stepsOf(exchange: Exchange): readonly ExchangeStep[] {
  const steps: ExchangeStep[] = [];
  let code: string | undefined;
  let outputs: Output[] = [];
  for (const event of compactEvents(exchange.events)) {
    if (event.type === "text-delta" && event.text.trim() !== "") {
      steps.push({ type: "prose", text: event.text.trim() });
    } else if (event.type === "final-answer" && event.text.trim() !== "") {
      steps.push({ type: "prose", text: event.text.trim() });
    } else if (event.type === "cell-start") {
      ({ code } = event);
      outputs = [];
    } else if (event.type === "output") {
      outputs.push(event.output);
    } else if (event.type === "cell-end" && code !== undefined) {
      const { outcome } = event;
      const all = [...outcome.late, ...outcome.outputs];
      steps.push({ type: "code", code, outputs: all, outcome });
      code = undefined;
    }
  }
  if (code !== undefined) steps.push({ type: "code", code, outputs });
  return steps;
}
