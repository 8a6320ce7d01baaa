import type { CodeActError } from "../errors.ts";
import type { Outcome, Output } from "../execution/outcome.ts";
import type { Usage } from "../models/model.ts";

/**
 * All that happens in a run, in one linear order. The same events drive the terminal, JSON lines and the web.
 *
 *     run-start (turn-start text-delta* code-delta* [code-complete cell-start output* cell-end] turn-end)* run-end
 */
export type AgentEvent =
  | { readonly type: "run-start"; readonly task: string; readonly modelId: string }
  | { readonly type: "turn-start"; readonly turn: number }
  /** Prose of the model, as it streams. */
  | { readonly type: "text-delta"; readonly turn: number; readonly text: string }
  /** Code of the action, as it streams. */
  | { readonly type: "code-delta"; readonly turn: number; readonly text: string }
  | { readonly type: "code-complete"; readonly turn: number; readonly code: string }
  | { readonly type: "cell-start"; readonly turn: number; readonly code: string }
  | { readonly type: "output"; readonly turn: number; readonly output: Output }
  | { readonly type: "cell-end"; readonly turn: number; readonly outcome: Outcome }
  /** The reply could not be understood; the model is told `reason`. */
  | { readonly type: "reply-malformed"; readonly turn: number; readonly reason: string }
  /** `costUsd`: of this turn's reply, when the model's price is known. */
  | {
      readonly type: "turn-end";
      readonly turn: number;
      readonly usage: Usage;
      readonly costUsd?: number;
    }
  | { readonly type: "run-end"; readonly result: RunResult };

export interface RunResult {
  /**
   * - `answered`: the model gave its answer.
   * - `turn-limit`: it used all its turns.
   * - `aborted`: the signal fired.
   * - `failed`: the model or the engine failed; `error` says how. What was done before stays done.
   */
  readonly status: "answered" | "turn-limit" | "aborted" | "failed";
  readonly answer?: string;
  readonly error?: CodeActError;
  readonly turns: number;
  readonly usage: Usage;
  /** US dollars of all replies, when the model's price is known. */
  readonly costUsd?: number;
}
