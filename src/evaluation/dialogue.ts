import type { AgentEvent, RunResult } from "../agent/events.ts";
import { appendAssistant, appendUser, textPart } from "../agent/history.ts";
import { runCell } from "../agent/run-cell.ts";
import { streamReply, type Reply, type Sampling } from "../agent/stream-reply.ts";
import type { Outcome } from "../execution/outcome.ts";
import type { Session } from "../execution/session.ts";
import type { ActionFormat } from "../formats/format.ts";
import type { Message, Model, Usage } from "../models/model.ts";
import { addUsage } from "../models/model-price.ts";
import type { Ending, Grade } from "./benchmark.ts";
import { replyFault } from "./reply-fault.ts";

/** What follows a reply: the next thing the model is told, or the end. */
export type DialogueStep = { readonly say: string } | { readonly end: DialogueEnd };

export interface DialogueEnd extends Grade {
  /** Default: `answered`. */
  readonly status?: RunResult["status"];
  readonly answer?: string;
}

/** The rules of a conversation that the agent's own loop can't express, such as a number of guesses. */
export interface DialogueRules {
  /** What became of an action that ran. */
  afterCell(outcome: Outcome, turn: number): DialogueStep | Promise<DialogueStep>;
  /** Judges an answer; a wrong one may send the model back. */
  afterAnswer(answer: string, turn: number): DialogueStep | Promise<DialogueStep>;
  /** What the model is told of a reply that can't be read. */
  afterMalformed(reason: string, turn: number, reply: string): DialogueStep | Promise<DialogueStep>;
}

export interface DialogueOptions extends DialogueRules {
  readonly model: Model;
  readonly format: ActionFormat;
  readonly session: Session;
  /** The conversation's start: system and user messages. */
  readonly messages: readonly Message[];
  readonly maxTurns: number;
  readonly sampling: Sampling;
  readonly signal: AbortSignal;
}

/**
 * Talks with a model by the rules of a benchmark, with the pieces of the agent's loop: one reply, one cell, one
 * message, until the rules or the turns end it. Throws faults of the engine.
 */
export async function* playDialogue(
  options: DialogueOptions,
): AsyncGenerator<AgentEvent, Ending, undefined> {
  const { model, format, session, maxTurns, sampling, signal } = options;
  const messages = [...options.messages];
  let usage: Usage = { inputTokens: 0, outputTokens: 0 };
  let turn = 0;
  const ended = (end: Omit<Ending, "turns" | "usage" | "messages">): Ending => ({
    ...end,
    turns: turn,
    usage,
    messages,
  });
  while (turn < maxTurns && !signal.aborted) {
    turn += 1;
    yield { type: "turn-start", turn };
    const reply = yield* streamReply({ model, format, messages, turn, sampling, signal });
    usage = addUsage(usage, reply.usage);
    appendAssistant(messages, reply.parsed.text);
    const fault = replyFault(reply, model);
    if (fault !== undefined) {
      // A turn in which the service failed has no reply.
      if (reply.finish === "error") turn -= 1;
      return ended(fault);
    }
    const step = yield* actOn(reply);
    yield { type: "turn-end", turn, usage: reply.usage };
    if ("end" in step) return ended({ status: "answered", ...step.end });
    appendUser(messages, [textPart(step.say)]);
  }
  return ended({ status: signal.aborted ? "aborted" : "budget", success: false });

  async function* actOn({ parsed }: Reply): AsyncGenerator<AgentEvent, DialogueStep, undefined> {
    if (parsed.kind === "answer") return options.afterAnswer(parsed.text, turn);
    if (parsed.kind === "malformed") {
      yield { type: "reply-malformed", turn, reason: parsed.reason };
      return options.afterMalformed(parsed.reason, turn, parsed.text);
    }
    yield { type: "code-complete", turn, code: parsed.code };
    const outcome = yield* runCell({ session, code: parsed.code, turn, signal });
    return options.afterCell(outcome, turn);
  }
}
