import type { AgentEvent } from "../agent/events.ts";
import { streamReply, type Sampling } from "../agent/stream-reply.ts";
import { textMessage, type Message, type Model, type Usage } from "../models/model.ts";
import { addUsage } from "../models/model-price.ts";
import type { Ending } from "./benchmark.ts";
import { createPlainFormat } from "./plain-format.ts";
import { replyFault } from "./reply-fault.ts";

export interface AskOptions {
  readonly model: Model;
  /** What is asked, one after the other in one conversation. */
  readonly questions: readonly string[];
  readonly system?: string;
  /** The replies end before the first of these. */
  readonly stop?: readonly string[];
  readonly sampling: Sampling;
  readonly signal: AbortSignal;
}

/** What came of it: the replies, and everything of an ending but its judgement. */
export interface Asked extends Pick<Ending, "turns" | "usage" | "messages"> {
  readonly replies: readonly string[];
  /** Set when a reply is missing. */
  readonly fault?: Pick<Ending, "status" | "error">;
}

/** Asks a model for plain replies, without any action. Never throws for what the model does. */
export async function* askModel(options: AskOptions): AsyncGenerator<AgentEvent, Asked, undefined> {
  const { model, questions, system, sampling, signal } = options;
  const messages: Message[] = system === undefined ? [] : [textMessage("system", system)];
  const format = createPlainFormat(options.stop);
  const replies: string[] = [];
  let usage: Usage = { inputTokens: 0, outputTokens: 0 };
  for (const [index, question] of questions.entries()) {
    const turn = index + 1;
    messages.push(textMessage("user", question));
    yield { type: "turn-start", turn };
    const reply = yield* streamReply({ model, format, messages, turn, sampling, signal });
    usage = addUsage(usage, reply.usage);
    messages.push(textMessage("assistant", reply.parsed.text));
    const fault = replyFault(reply, model);
    if (fault !== undefined) {
      // A turn in which the service failed has no reply.
      const turns = reply.finish === "error" ? index : turn;
      return { replies, turns, usage, messages, fault };
    }
    replies.push(reply.parsed.text);
    yield { type: "turn-end", turn, usage: reply.usage };
  }
  return { replies, turns: questions.length, usage, messages };
}
