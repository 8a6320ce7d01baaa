import { CodeActError, isCodeActError } from "../errors.ts";
import type { Session } from "../execution/session.ts";
import type { BudgetMeter } from "./budget.ts";
import type { AgentEvent, RunResult } from "./events.ts";
import { appendUser, resumedNotice, taskContent, textPart } from "./history.ts";
import type { LoopOptions } from "./loop-options.ts";

/** How a run ended. */
export type RunEnd = Omit<RunResult, "turns" | "usage" | "costUsd">;
/** The steps of a run yield events and return its end once there is one. */
export type Step<Result = RunEnd | undefined> = AsyncGenerator<AgentEvent, Result, undefined>;

/** A run that is going on. */
export interface Run {
  readonly options: LoopOptions;
  readonly session: Session;
  readonly meter: BudgetMeter;
  /** Fires when somebody aborts the run, and when its time is over. */
  readonly signal: AbortSignal | undefined;
}

/** Opens the session and puts the task into the history, unless it is there. */
export async function startRun(options: LoopOptions, meter: BudgetMeter): Promise<Run> {
  const { signal } = options;
  const session = await options.openSession(signal);
  const { messages, model, progress } = options;
  if (!progress.begun) {
    appendUser(messages, taskContent(fullTask(options), model.capabilities.images));
    progress.begun = true;
  } else if (progress.refusal !== undefined || messages.at(-1)?.role === "assistant") {
    appendUser(messages, [textPart(progress.refusal ?? resumedNotice)]);
  }
  progress.refusal = undefined;
  const signals = [signal, meter.deadline].filter((each) => each !== undefined);
  return {
    options,
    session,
    meter,
    signal: signals.length > 1 ? AbortSignal.any(signals) : signals[0],
  };
}

/** The task with what is asked of its answer. */
export function fullTask({ task, answers }: LoopOptions): LoopOptions["task"] {
  const { instructions } = answers;
  return instructions === undefined ? task : { ...task, text: `${task.text}\n\n${instructions}` };
}

/** Whether a signal has fired. */
export function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

/** Whether the run was stopped by its budget of time, not by a person. */
export function isTimeOver({ options, meter }: Run): boolean {
  return isAborted(meter.deadline) && !isAborted(options.signal);
}

/** The end of a run that a fault has ended. */
export function failure(cause: unknown): RunEnd {
  const error = isCodeActError(cause)
    ? cause
    : new CodeActError("unexpected", `The run ended with a fault: ${describe(cause)}`, { cause });
  return { status: "failed", error };
}

/** The message of whatever was thrown. */
export function describe(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
