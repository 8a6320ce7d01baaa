import type { Conversations } from "../conversations/conversations.ts";
import type { ChatRequest } from "./chat-request.ts";
import { startChatRun, type ChatEnd, type ChatRun, type ChatRunOptions } from "./chat-run.ts";
import type { WaitingRuns } from "./waiting-runs.ts";
import type { MessagePiece } from "./work-view.ts";

export interface AnswerOptions extends Omit<ChatRunOptions, "conversation"> {
  readonly conversations: Conversations;
  readonly waitingRuns: WaitingRuns;
  readonly owner: string;
  readonly signal: AbortSignal;
}

/**
 * Works on a request in the interpreter that its history belongs to, and yields the message piece by piece. What was
 * done is kept before the last piece is out. Throws what the work failed with; nothing is kept then.
 */
export async function* answerChat(
  request: ChatRequest,
  options: AnswerOptions,
): AsyncGenerator<MessagePiece, ChatEnd, undefined> {
  const { waitingRuns, owner, signal } = options;
  const run = waitingRuns.take(owner, request) ?? (await newRun(request, options));
  const end = yield* run.proceed(request, signal);
  if (end.calls.length > 0) waitingRuns.add(owner, end.history, run);
  return end;
}

async function newRun(
  request: ChatRequest,
  { conversations, owner, signal, model, agent, shown }: AnswerOptions,
): Promise<ChatRun> {
  const conversation = await conversations.resume(owner, request.history, signal);
  try {
    return startChatRun(request, { conversation, model, agent, shown });
  } catch (error) {
    await conversation.drop();
    throw error;
  }
}
