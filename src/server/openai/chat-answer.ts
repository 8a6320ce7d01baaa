import { createAgent } from "../../agent/agent.ts";
import type { AgentSettings } from "../../agent/agent-options.ts";
import type { RunResult } from "../../agent/events.ts";
import { appendAssistant, appendUser, lostSessionNotice, textPart } from "../../agent/history.ts";
import { CodeActError } from "../../errors.ts";
import type { Message, Model } from "../../models/model.ts";
import type { Conversation, Conversations } from "../conversations/conversations.ts";
import type { ChatRequest } from "./chat-request.ts";
import { createWorkView, type MessagePiece, type ShownWork } from "./work-view.ts";

export interface AnswerOptions {
  readonly conversations: Conversations;
  readonly owner: string;
  readonly model: Model;
  readonly agent: Omit<AgentSettings, "model" | "messages" | "sampling">;
  readonly shown: ShownWork;
  readonly signal: AbortSignal;
}

/**
 * Works on a request in the interpreter that its history belongs to, and yields the message piece by piece. The
 * history is kept before the last piece is out. Throws what the run failed with; nothing is kept then.
 */
export async function* answerChat(
  request: ChatRequest,
  { conversations, owner, model, agent: settings, shown, signal }: AnswerOptions,
): AsyncGenerator<MessagePiece, RunResult, undefined> {
  const { history, task, instructions } = request;
  const conversation = await conversations.resume(owner, history, signal);
  let isKept = false;
  try {
    const messages = knownMessages(conversation, history);
    const agent = createAgent({
      ...settings,
      model,
      session: conversation.session,
      messages,
      sampling: request.sampling,
      ...joinInstructions(settings.instructions, instructions),
    });
    await using _agent = agent;
    const view = createWorkView(shown);
    const run = agent.run(task, { signal });
    let content = "";
    for await (const event of run) {
      const piece = view.event(event);
      content += piece?.content ?? "";
      if (piece !== undefined) yield piece;
    }
    const result = await run.result;
    if (result.error !== undefined) throw result.error;
    if (result.status === "aborted") {
      throw new CodeActError("unexpected", "The request was given up.");
    }
    const rest = view.end(result);
    content += rest?.content ?? "";
    const said: Message[] = [...history];
    appendUser(said, request.asked);
    appendAssistant(said, content);
    await conversation.keep(said, agent.messages);
    isKept = true;
    if (rest !== undefined) yield rest;
    return result;
  } finally {
    if (!isKept) await conversation.drop();
  }
}

/** What the agent remembers, then what it only reads of. The system message is made anew for each request. */
function knownMessages(conversation: Conversation, history: readonly Message[]): Message[] {
  const messages = conversation.messages.filter(({ role }) => role !== "system");
  for (const { role, content } of history.slice(conversation.known)) {
    const parts = content.filter((part) => part.type === "text" || part.type === "image");
    if (role === "user") appendUser(messages, parts);
    else messages.push({ role, content });
  }
  if (conversation.known === 0 && history.length > 0) {
    appendUser(messages, [textPart(lostSessionNotice)]);
  }
  return messages;
}

function joinInstructions(...texts: readonly (string | undefined)[]): {
  readonly instructions?: string;
} {
  const given = texts.filter((text) => text !== undefined);
  return given.length === 0 ? {} : { instructions: given.join("\n\n") };
}
