import type { Outcome } from "../execution/outcome.ts";
import type { ExecuteOptions, Session } from "../execution/session.ts";
import type { AgentTools } from "./agent-tools.ts";
import type { AgentEvent } from "./events.ts";
import { createEventLog } from "./event-log.ts";

export interface RunCellOptions extends Pick<
  ExecuteOptions,
  "signal" | "timeoutMs" | "onInput" | "context"
> {
  readonly session: Session;
  readonly tools?: AgentTools;
  readonly code: string;
  readonly turn: number;
}

/**
 * Runs one cell and yields its outputs and its calls of tools while they happen, between `cell-start` and `cell-end`.
 * Throws what the session throws: faults of the engine, after the outputs that came before them.
 */
export async function* runCell(
  options: RunCellOptions,
): AsyncGenerator<AgentEvent, Outcome, undefined> {
  const { session, tools, code, turn, signal, timeoutMs, onInput, context } = options;
  yield { type: "cell-start", turn, code };

  const events = createEventLog<AgentEvent>();
  const unlisten = tools?.listen((event) => events.push({ ...event, turn }));
  const execution = session
    .execute(code, {
      onOutput: (output) => events.push({ type: "output", turn, output }),
      onNetwork: (request) => events.push({ type: "network-request", turn, request }),
      ...(signal && { signal }),
      ...(timeoutMs !== undefined && { timeoutMs }),
      ...(onInput && { onInput }),
      ...(context && { context }),
    })
    .finally(() => {
      unlisten?.();
      events.end();
    });
  // Awaited below; until then a rejection must not count as unhandled.
  execution.catch(() => {});

  yield* events;
  const outcome = await execution;
  yield { type: "cell-end", turn, outcome };
  return outcome;
}
