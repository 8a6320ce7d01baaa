import type { AgentEvent } from "../agent/events.ts";
import type { Ending } from "./benchmark.ts";

/** All ways in which a task can end, in the order in which reports show them. */
export const verdicts = [
  "correct",
  "wrong",
  "turn limit",
  "malformed",
  "refused",
  "stuck",
  "model error",
  "timeout",
  "infrastructure",
] as const;

/**
 * - `correct`, `wrong`: an answer came and was judged.
 * - `turn limit`: no accepted answer within the turns.
 * - `malformed`: the same, and the last replies could not be read.
 * - `stuck`: the same, and the last actions were one and the same.
 * - `refused`: the model declined, or its service's filter did.
 * - `model error`: the model's service failed.
 * - `timeout`: the task took longer than it may, or the service did.
 * - `infrastructure`: the sandbox or the harness failed; says nothing about the model.
 */
export type Verdict = (typeof verdicts)[number];

/** Tells whether a task that ended so is played again when the evaluation is resumed. */
export function isRetried(verdict: Verdict): boolean {
  return verdict === "infrastructure" || verdict === "model error";
}

const repeats = 3;

/** Decides how a task ended. `timedOut`: the runner stopped it because it took too long. */
export function verdictOf(
  ending: Ending,
  events: readonly AgentEvent[],
  timedOut: boolean,
): Verdict {
  if (ending.success === true) return "correct";
  if (timedOut) return "timeout";
  const { error } = ending;
  if (error !== undefined) {
    if (error.code === "model_timeout") return "timeout";
    if (error.details["reason"] === "content-filter") return "refused";
    return error.code.startsWith("model_") ? "model error" : "infrastructure";
  }
  if (ending.status === "answered") return isRefusal(ending, events) ? "refused" : "wrong";
  if (ending.status === "stuck") return "stuck";
  if (ending.status === "rejected") return "wrong";
  if (ending.status === "budget") {
    if (areMalformed(events)) return "malformed";
    return areRepeated(events) ? "stuck" : "turn limit";
  }
  return "infrastructure";
}

const refusal =
  /^\W*(?:(?:i['’]?m|i am) (?:sorry|unable|not able)|sorry,|i (?:can(?:no|['’])t|won['’]t|must decline)|as an ai\b)[^]{0,200}\b(?:assist|help|comply|provide|answer|fulfil|do that|decline|request)/i;

/** A model that ran no code and says that it will not. */
function isRefusal({ answer = "" }: Ending, events: readonly AgentEvent[]): boolean {
  return refusal.test(answer) && !events.some(({ type }) => type === "cell-start");
}

function areMalformed(events: readonly AgentEvent[]): boolean {
  const last = events.findLast(
    ({ type }) => type === "reply-malformed" || type === "code-complete",
  );
  return last?.type === "reply-malformed";
}

function areRepeated(events: readonly AgentEvent[]): boolean {
  const codes = events.flatMap((event) => (event.type === "code-complete" ? [event.code] : []));
  const last = codes.slice(-repeats);
  return last.length === repeats && new Set(last).size === 1;
}
