import { CodeActError } from "../errors.ts";
import type { Outcome } from "../execution/outcome.ts";
import type { Message, Model } from "../models/model.ts";
import type { Candidate } from "./answer-rules.ts";
import {
  appendAssistant,
  appendUser,
  cutReplyReason,
  emptyReplyReason,
  failedReplyNotice,
  interruptedReplyNotice,
  lateReplyNotice,
  textPart,
} from "./history.ts";
import { isAborted, isTimeOver } from "./run.ts";
import type { Run, RunEnd, Step } from "./run.ts";
import { runCell } from "./run-cell.ts";
import type { Reply } from "./stream-reply.ts";
import { createStuckDetector, droppedNotice, stuckNotice } from "./stuck-detector.ts";
import type { Deed } from "./stuck-detector.ts";

/** Does what the model's reply asks for, and returns the run's end when it is one. */
export async function* actOn(run: Run, turn: number, reply: Reply): Step {
  const { messages, model, records } = run.options;
  const { parsed, finish } = reply;
  if (reply.prose.trim() !== "") run.options.progress.prose = reply.prose.trim();

  if (finish === "aborted" || finish === "error" || finish === "content-filter") {
    appendAssistant(messages, reply.text);
    if (finish === "aborted") return interrupted(run);
    appendUser(messages, [textPart(failedReplyNotice)]);
    return { status: "failed", error: reply.error ?? filtered(model) };
  }
  const reason = reasonToReject(reply, run.meter.turns === run.options.budget.turns);
  if (reason !== undefined) {
    yield { type: "reply-malformed", turn, reason };
    const call = parsed.kind === "malformed" ? parsed.toolCall : undefined;
    const message = appendAssistant(messages, reply.text, call);
    if (message) records.set(message, { kind: "refused" });
    appendUser(messages, [textPart(reason)]);
    return yield* watch(run, turn, { action: reply.text, result: reason, failed: true }, message);
  }
  if (parsed.kind !== "action") return yield* answerInWords(run, turn, parsed.text);

  yield { type: "code-complete", turn, code: parsed.code };
  const message = appendAssistant(messages, parsed.text, parsed.toolCall);
  if (isAborted(run.signal)) return interrupted(run);
  return yield* runAction(run, turn, parsed.code, message);
}

/** Tells the model why its reply counts for nothing: a person stopped it, or its time was over. */
function interrupted(run: Run): RunEnd | undefined {
  const isLate = isTimeOver(run);
  const notice = isLate ? lateReplyNotice : interruptedReplyNotice;
  appendUser(run.options.messages, [textPart(notice)]);
  return isLate ? undefined : { status: "aborted" };
}

async function* answerInWords(run: Run, turn: number, text: string): Step {
  const { messages, records } = run.options;
  const message = appendAssistant(messages, text);
  const end = yield* judge(run, turn, { text });
  if (end === undefined && message) records.set(message, { kind: "refused" });
  return end;
}

async function* runAction(run: Run, turn: number, code: string, message?: Message): Step {
  const { options, session, meter, signal } = run;
  const { messages, format, model, tools, timeoutMs, onInput } = options;
  meter.startCell();
  const outcome = yield* runCell({
    session,
    code,
    turn,
    ...(tools && { tools }),
    context: { budget: meter.left() },
    ...(signal && { signal }),
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(onInput && { onInput }),
  });
  const { status, executionCount: number } = outcome;
  if (message) options.records.set(message, { kind: "cell", number, status });
  const maxCharacters = options.maxOutputCharacters;
  const observation = format.render(outcome, { maxCharacters, images: model.capabilities.images });
  appendUser(messages, observation);
  if (isAborted(signal)) return isTimeOver(run) ? undefined : { status: "aborted" };
  if (status === "ok" && outcome.answer !== undefined) {
    return yield* answerInCode(run, turn, outcome.answer);
  }
  const result = observation.map((part) => (part.type === "text" ? part.text : part.data)).join("");
  return yield* watch(run, turn, { action: code, result, failed: status !== "ok" }, message);
}

async function* answerInCode(
  run: Run,
  turn: number,
  { value }: NonNullable<Outcome["answer"]>,
): Step {
  const end = yield* judge(run, turn, { value });
  if (end?.answer === undefined || end.status !== "answered") return end;
  appendAssistant(run.options.messages, end.answer);
  yield { type: "final-answer", turn, text: end.answer, value: end.value };
  return end;
}

/** Takes an answer, or sends the model back with the reason why not. */
async function* judge(run: Run, turn: number, candidate: Candidate): Step {
  const { answers, messages, progress, signal } = run.options;
  const verdict = await answers.read(candidate, run.session, signal);
  if (verdict.accepted) {
    const { accepted: _, ...end } = verdict;
    return { status: "answered", ...end };
  }
  progress.prose = verdict.answer;
  if (isAborted(signal)) return { status: "aborted" };
  yield { type: "answer-refused", turn, reason: verdict.reason };
  progress.refusals += 1;
  if (progress.refusals > answers.maxRejections) {
    progress.refusals = 0;
    progress.refusal = verdict.reason;
    return { status: "rejected", answer: verdict.answer, rejection: verdict.reason };
  }
  appendUser(messages, [textPart(verdict.reason)]);
  return undefined;
}

/** Looks whether the model goes round in circles: tells it, then drops the repeats, then ends the run. */
async function* watch(
  run: Run,
  turn: number,
  deed: Omit<Deed, "message">,
  message: Message | undefined,
): Step {
  const { messages, progress } = run.options;
  const verdict = progress.stuck.observe({ ...deed, ...(message && { message }) });
  if (verdict === undefined) return undefined;
  const { measure, repetition, repeats } = verdict;
  let turnsDropped = 0;
  if (measure === "dropped" && repeats[0] !== undefined) {
    const start = messages.indexOf(repeats[0]);
    if (start >= 0) {
      messages.splice(start);
      turnsDropped = repeats.length;
    }
  }
  yield { type: "stuck-detected", turn, measure, turnsDropped, ...repetition };
  const notice = turnsDropped > 0 ? droppedNotice(repetition) : stuckNotice(repetition);
  if (measure === "ended") {
    // A run that goes on all the same starts afresh.
    progress.stuck = createStuckDetector();
    return { status: "stuck" };
  }
  appendUser(messages, [textPart(notice)]);
  return undefined;
}

/** Why the reply can't be used, for the model; a cut answer is still better than none at the end. */
function reasonToReject(reply: Reply, isLastTurn: boolean): string | undefined {
  const { parsed, finish } = reply;
  if (finish === "length" && !(isLastTurn && parsed.kind === "answer")) return cutReplyReason;
  if (parsed.kind === "malformed") return parsed.reason;
  if (parsed.kind === "answer" && parsed.text.trim() === "") return emptyReplyReason;
  return undefined;
}

function filtered(model: Model): CodeActError {
  return new CodeActError(
    "model_failed",
    `The content filter of the model ${model.id} ended its reply.`,
    {
      hint: "Say the task in other words, or choose another model.",
      details: { reason: "content-filter" },
    },
  );
}
