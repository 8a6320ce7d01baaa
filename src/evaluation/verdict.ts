import type { AgentEvent } from "../agent/events.ts";
import { messageText } from "../models/model.ts";
import type { Ending } from "./benchmark.ts";

/** All ways in which a task can end, in the order in which reports show them. */
export const verdicts = [
  "correct",
  "wrong",
  "turn limit",
  "context limit",
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
 * - `context limit`: the conversation grew longer than the model can read.
 * - `malformed`: no accepted answer, and the last reply could not be read.
 * - `stuck`: the same, and the last three replies, or the code in them, were one and the same.
 * - `refused`: the model declined, or its service's filter did.
 * - `model error`: the model's service failed.
 * - `timeout`: the task took longer than it may, or the service did.
 * - `infrastructure`: the sandbox or the harness failed; says nothing about the model.
 */
export type Verdict = (typeof verdicts)[number];

/**
 * Tells whether a task that ended so is played again when the evaluation is resumed. Until then it does not count:
 * it has no result.
 */
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
    if (error.code === "model_context_exceeded") return "context limit";
    if (error.details["reason"] === "content-filter") return "refused";
    return error.code.startsWith("model_") ? "model error" : "infrastructure";
  }
  switch (ending.status) {
    case "answered":
      if (isRefusal(ending.answer, events)) return "refused";
      return isLastMalformed(events) ? "malformed" : "wrong";
    case "rejected":
      return "wrong";
    case "stuck":
    case "budget": {
      const replies = repliesOf(ending);
      if (isRefusal(replies.at(-1), events)) return "refused";
      if (ending.status === "stuck") return "stuck";
      if (isLastMalformed(events)) return "malformed";
      return isRepeated(replies) || isRepeated(lastCodes(events)) ? "stuck" : "turn limit";
    }
    default:
      return "infrastructure";
  }
}

const refusal =
  /^\W*(?:(?:i['’]?m|i am) (?:sorry|unable|not able)|sorry,|i (?:can(?:no|['’])t|won['’]t|must decline)|as an ai\b)[^]{0,200}\b(?:assist|help|comply|provide|answer|fulfil|do that|decline|request)/i;

/** A model that ran no code and says that it will not. */
function isRefusal(reply: string = "", events: readonly AgentEvent[]): boolean {
  return refusal.test(reply) && !events.some(({ type }) => type === "cell-start");
}

function repliesOf({ messages }: Ending): readonly string[] {
  return messages.filter(({ role }) => role === "assistant").map(messageText);
}

function isLastMalformed(events: readonly AgentEvent[]): boolean {
  const last = lastTurn(events);
  return events.some((event) => event.type === "reply-malformed" && event.turn === last);
}

/** The code of the last turns, as far as each of them had some. */
function lastCodes(events: readonly AgentEvent[]): readonly string[] {
  const first = lastTurn(events) - repeats + 1;
  return events.flatMap((event) =>
    event.type === "code-complete" && event.turn >= first ? [event.code] : [],
  );
}

function lastTurn(events: readonly AgentEvent[]): number {
  return events.findLast((event) => event.type === "turn-start")?.turn ?? 0;
}

function isRepeated(texts: readonly string[]): boolean {
  const last = texts.slice(-repeats);
  return last.length === repeats && new Set(last).size === 1;
}
