import type { Outcome, Output } from "../execution/outcome.ts";
import type { ExecuteOptions, Session } from "../execution/session.ts";
import type { AgentEvent } from "./events.ts";
import { createEventLog } from "./event-log.ts";

export interface RunCellOptions extends Pick<
  ExecuteOptions,
  "signal" | "timeoutMs" | "onInput" | "context"
> {
  readonly session: Session;
  readonly code: string;
  readonly turn: number;
}

/**
 * Runs one cell and yields its outputs while they happen, between `cell-start` and `cell-end`.
 * Throws what the session throws: faults of the engine, after the outputs that came before them.
 */
export async function* runCell(
  options: RunCellOptions,
): AsyncGenerator<AgentEvent, Outcome, undefined> {
  const { session, code, turn, signal, timeoutMs, onInput, context } = options;
  yield { type: "cell-start", turn, code };

  const outputs = createEventLog<Output>();
  const execution = session
    .execute(code, {
      onOutput: (output) => outputs.push(output),
      ...(signal && { signal }),
      ...(timeoutMs !== undefined && { timeoutMs }),
      ...(onInput && { onInput }),
      ...(context && { context }),
    })
    .finally(() => outputs.end());
  // Awaited below; until then a rejection must not count as unhandled.
  execution.catch(() => {});

  for await (const output of outputs) yield { type: "output", turn, output };
  const outcome = await execution;
  yield { type: "cell-end", turn, outcome };
  return outcome;
}
