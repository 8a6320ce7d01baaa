import { CodeActError, isCodeActError } from "../errors.ts";
import type { ExecuteOptions, Session } from "../execution/session.ts";
import type { ActionFormat, EnvironmentDescription } from "../formats/format.ts";
import type { Message, Model, Usage } from "../models/model.ts";
import { addUsage, costOf } from "../models/model-price.ts";
import type { AgentEvent, RunResult } from "./events.ts";
import {
  appendAssistant,
  appendUser,
  cutReplyReason,
  emptyReplyReason,
  failedReplyNotice,
  interruptedReplyNotice,
  lastTurnNotice,
  taskContent,
  textPart,
} from "./history.ts";
import type { Task } from "./history.ts";
import { runCell } from "./run-cell.ts";
import { streamReply } from "./stream-reply.ts";
import type { Reply, Sampling } from "./stream-reply.ts";

export interface LoopOptions {
  readonly model: Model;
  readonly format: ActionFormat;
  readonly environment?: EnvironmentDescription;
  readonly task: Task;
  /** The conversation so far, the system message first. The loop appends to it. */
  readonly messages: Message[];
  /** Called once, after `run-start`; what it throws ends the run as `failed`. */
  readonly openSession: (signal?: AbortSignal) => Promise<Session>;
  readonly maxTurns: number;
  readonly maxOutputCharacters: number;
  /** Wall time of one cell; default: the session's. */
  readonly timeoutMs?: number;
  readonly sampling?: Sampling;
  readonly onInput?: ExecuteOptions["onInput"];
  readonly signal?: AbortSignal;
}

/** How a turn ended; without a status the run goes on. */
type TurnEnd = Partial<Pick<RunResult, "status" | "answer" | "error">>;

/**
 * Works on one task until the model answers. Never throws: every end, faults included, is the
 * `run-end` event, which is the last one and is also returned.
 */
export async function* runLoop(
  options: LoopOptions,
): AsyncGenerator<AgentEvent, RunResult, undefined> {
  const { model, messages, task, maxTurns, signal } = options;
  let usage: Usage = { inputTokens: 0, outputTokens: 0 };
  let turn = 0;
  let end: TurnEnd = {};

  yield { type: "run-start", task: task.text, modelId: model.id };
  try {
    const session = await options.openSession(signal);
    appendUser(messages, taskContent(task, model.capabilities.images));
    while (end.status === undefined && turn < maxTurns && !isAborted(signal)) {
      turn += 1;
      yield { type: "turn-start", turn };
      if (turn === maxTurns) appendUser(messages, [textPart(lastTurnNotice)]);
      const spent = yield* runTurn(options, session, turn);
      end = spent.end;
      usage = addUsage(usage, spent.usage);
      yield { type: "turn-end", turn, usage: spent.usage, ...cost(model, spent.usage) };
    }
  } catch (cause) {
    end = isAborted(signal) ? { status: "aborted" } : failure(cause);
  }
  if (end.status === undefined) {
    end = { status: isAborted(signal) ? "aborted" : "turn-limit" };
  }

  const result = { ...end, turns: turn, usage, ...cost(model, usage) } as RunResult;
  yield { type: "run-end", result };
  return result;
}

/** One reply and, if it is an action, its cell. History is complete when it returns. */
async function* runTurn(
  options: LoopOptions,
  session: Session,
  turn: number,
): AsyncGenerator<AgentEvent, { readonly end: TurnEnd; readonly usage: Usage }, undefined> {
  const reply = yield* streamReply({ ...options, turn });
  let end: TurnEnd;
  try {
    end = yield* actOn(reply, options, session, turn);
  } catch (cause) {
    appendUser(options.messages, [textPart(failedCellNotice(cause))]);
    end = failure(cause);
  }
  return { end, usage: reply.usage };
}

async function* actOn(
  reply: Reply,
  options: LoopOptions,
  session: Session,
  turn: number,
): AsyncGenerator<AgentEvent, TurnEnd, undefined> {
  const { messages, format, model, signal, timeoutMs, onInput } = options;
  const { parsed, finish } = reply;

  if (finish === "aborted" || finish === "error" || finish === "content-filter") {
    appendAssistant(messages, reply.text);
    appendUser(messages, [
      textPart(finish === "aborted" ? interruptedReplyNotice : failedReplyNotice),
    ]);
    if (finish === "aborted") return { status: "aborted" };
    return { status: "failed", error: reply.error ?? filtered(model) };
  }

  const isLastTurn = turn === options.maxTurns;
  const reason = reasonToReject(reply, isLastTurn);
  if (reason !== undefined) {
    yield { type: "reply-malformed", turn, reason };
    const call = parsed.kind === "malformed" ? parsed.toolCall : undefined;
    appendAssistant(messages, reply.text, call);
    appendUser(messages, [textPart(reason)]);
    return {};
  }
  if (parsed.kind !== "action") {
    appendAssistant(messages, parsed.text);
    return { status: "answered", answer: parsed.text };
  }

  yield { type: "code-complete", turn, code: parsed.code };
  appendAssistant(messages, parsed.text, parsed.toolCall);
  if (isAborted(signal)) {
    appendUser(messages, [textPart(interruptedReplyNotice)]);
    return { status: "aborted" };
  }
  const outcome = yield* runCell({
    session,
    code: parsed.code,
    turn,
    ...(signal && { signal }),
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(onInput && { onInput }),
  });
  const observation = format.render(outcome, {
    maxCharacters: options.maxOutputCharacters,
    images: model.capabilities.images,
  });
  appendUser(messages, observation);
  return isAborted(signal) ? { status: "aborted" } : {};
}

/** Why the reply can't be used, for the model; a cut answer is still better than none at the end. */
function reasonToReject(reply: Reply, isLastTurn: boolean): string | undefined {
  const { parsed, finish } = reply;
  if (finish === "length" && !(isLastTurn && parsed.kind === "answer")) return cutReplyReason;
  if (parsed.kind === "malformed") return parsed.reason;
  if (parsed.kind === "answer" && parsed.text.trim() === "") return emptyReplyReason;
  return undefined;
}

function cost({ price }: Model, usage: Usage): { readonly costUsd?: number } {
  return price === undefined ? {} : { costUsd: costOf(usage, price) };
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

function failure(cause: unknown): TurnEnd {
  const error = isCodeActError(cause)
    ? cause
    : new CodeActError("backend_lost", `The run ended with a fault: ${describe(cause)}`, { cause });
  return { status: "failed", error };
}

function failedCellNotice(cause: unknown): string {
  return `The code could not be run to its end because of a technical fault: ${describe(cause)}`;
}

function describe(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function filtered(model: Model): CodeActError {
  return new CodeActError(
    "model_failed",
    `The content filter of the model ${model.id} ended its reply.`,
    { hint: "Say the task in other words, or choose another model." },
  );
}
