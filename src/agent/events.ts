import type { CodeActError } from "../errors.ts";
import type { NetworkRequest } from "../execution/network/network.ts";
import type { Outcome, Output } from "../execution/outcome.ts";
import type { BudgetKind } from "../execution/session.ts";
import type { Usage } from "../models/model.ts";
import type { ToolEvent } from "../tools/tool-events.ts";
import type { StuckVerdict } from "./stuck-detector.ts";

/**
 * All that happens in a run, in one linear order. The same events drive the terminal, JSON lines and the web.
 *
 *     run   = run-start turn* run-end
 *     turn  = turn-start compaction* [plan-start text-delta* plan-end] [budget-low] [compaction] reply turn-end
 *     reply = text-delta* code-delta* [answer-refused | reply-malformed [stuck-detected] | code-complete cell]
 *     cell  = cell-start (output | tool-call-* | approval-* | network-request)* cell-end
 *             [final-answer | answer-refused | stuck-detected]
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
  /** A call of a tool by the cell's code: its start, a person's approval where it needs one, its end. */
  | (ToolEvent & { readonly turn: number })
  /** The code asked for something of the network; of a tunnel there are two, when it opens and when it has ended. */
  | { readonly type: "network-request"; readonly turn: number; readonly request: NetworkRequest }
  | { readonly type: "cell-end"; readonly turn: number; readonly outcome: Outcome }
  /** The reply could not be understood; the model is told `reason`. */
  | { readonly type: "reply-malformed"; readonly turn: number; readonly reason: string }
  /** The answer is not what was asked for; the model is told `reason`. */
  | { readonly type: "answer-refused"; readonly turn: number; readonly reason: string }
  /** The code gave the answer, which is accepted. */
  | {
      readonly type: "final-answer";
      readonly turn: number;
      readonly text: string;
      readonly value: unknown;
    }
  /** The model repeats itself. `dropped`: `turnsDropped` turns were taken out of history. */
  | ({
      readonly type: "stuck-detected";
      readonly turn: number;
      readonly measure: StuckVerdict["measure"];
      readonly turnsDropped: number;
    } & StuckVerdict["repetition"])
  /** The model was told that this kind of its budget comes to an end. */
  | { readonly type: "budget-low"; readonly turn: number; readonly budget: BudgetKind }
  /** Older turns gave way to a summary. Tokens are estimates. */
  | {
      readonly type: "compaction";
      readonly turn: number;
      readonly reason: "threshold" | "context-exceeded";
      readonly turnsReplaced: number;
      readonly tokensBefore: number;
      readonly tokensAfter: number;
    }
  /** The model takes stock; until `plan-end`, prose belongs to that. */
  | { readonly type: "plan-start"; readonly turn: number }
  | { readonly type: "plan-end"; readonly turn: number; readonly text: string }
  /** `costUsd`: of all that the model did in this turn, when its price is known. */
  | {
      readonly type: "turn-end";
      readonly turn: number;
      readonly usage: Usage;
      readonly costUsd?: number;
    }
  | { readonly type: "run-end"; readonly result: RunResult };

export interface RunResult<Value = unknown> {
  /**
   * - `answered`: the model gave its answer.
   * - `budget`: what `budget` names was used up. `answer` is what the model then said, when it did answer.
   * - `stuck`: it repeated itself after it had been told. `answer` as for `budget`.
   * - `rejected`: its answers were not accepted too often; `rejection` says why the last one was not.
   * - `paused`: it has had as many turns as were asked for and goes on with `resume`.
   * - `aborted`: the signal fired.
   * - `failed`: the model or the engine failed; `error` says how. What was done before stays done.
   */
  readonly status: "answered" | "budget" | "stuck" | "rejected" | "paused" | "aborted" | "failed";
  readonly answer?: string;
  /** The answer as data: when it had a schema, or came from code. */
  readonly value?: Value;
  /** The last prose of a model that never came to an answer. */
  readonly partialAnswer?: string;
  readonly budget?: BudgetKind;
  readonly rejection?: string;
  readonly error?: CodeActError;
  readonly turns: number;
  /** Calls of tools that code has made; absent when there are no tools. */
  readonly toolCalls?: number;
  readonly usage: Usage;
  /** US dollars of all replies, when the model's price is known. */
  readonly costUsd?: number;
}
