import { randomUUID } from "node:crypto";
import type { Context } from "hono";
import { streamSSE } from "hono/streaming";
import type { RunResult } from "../../agent/events.ts";
import type { Usage } from "../../models/model.ts";
import { answerChat, type AnswerOptions } from "./chat-answer.ts";
import type { ChatRequest } from "./chat-request.ts";
import { errorBody } from "./error-body.ts";
import type { MessagePiece } from "./work-view.ts";

/** Silence after which a comment tells proxies that the connection lives. */
const heartbeatMs = 15_000;

/** Answers `POST /v1/chat/completions`, whole or as a stream of server-sent events. Throws what comes before the first piece. */
export async function respondToChat(
  context: Context,
  request: ChatRequest,
  options: Omit<AnswerOptions, "signal">,
): Promise<Response> {
  const gone = new AbortController();
  const signal = AbortSignal.any([context.req.raw.signal, gone.signal]);
  const pieces = answerChat(request, { ...options, signal });
  const head = {
    id: `chatcmpl-${randomUUID()}`,
    created: Math.floor(Date.now() / 1000),
    model: request.model,
  };
  if (!request.isStream) {
    const message: { content: string; reasoning_content?: string } = { content: "" };
    for (;;) {
      const step = await pieces.next();
      if (step.done === true) {
        return context.json({
          ...head,
          object: "chat.completion",
          choices: [
            {
              index: 0,
              message: { role: "assistant", refusal: null, ...message },
              logprobs: null,
              finish_reason: finishReason(step.value),
            },
          ],
          usage: usageBody(step.value.usage),
        });
      }
      const { content = "", reasoning } = step.value;
      message.content += content;
      if (reasoning !== undefined) {
        message.reasoning_content = (message.reasoning_content ?? "") + reasoning;
      }
    }
  }
  // The first piece decides whether there is a stream at all: until then a fault has a status of its own.
  let step = await pieces.next();
  return streamSSE(context, async (stream) => {
    stream.onAbort(() => gone.abort());
    const chunk = (delta: object, finish: string | null = null) => ({
      ...head,
      object: "chat.completion.chunk",
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
      ...(request.includeUsage && { usage: null }),
    });
    const send = (data: object | string) =>
      stream.writeSSE({ data: typeof data === "string" ? data : JSON.stringify(data) });
    const heartbeat = setInterval(() => void stream.write(": working\n\n"), heartbeatMs);
    try {
      await send(chunk({ role: "assistant", content: "" }));
      for (; step.done !== true; step = await pieces.next()) {
        await send(chunk(deltaOf(step.value)));
      }
      await send(chunk({}, finishReason(step.value)));
      if (request.includeUsage) {
        const usage = usageBody(step.value.usage);
        await send({ ...head, object: "chat.completion.chunk", choices: [], usage });
      }
      await send("[DONE]");
    } catch (error) {
      await send(errorBody(error).body);
    } finally {
      clearInterval(heartbeat);
      await pieces.return(undefined as never);
    }
  });
}

function deltaOf({ content, reasoning }: MessagePiece): object {
  return {
    ...(content !== undefined && { content }),
    ...(reasoning !== undefined && { reasoning_content: reasoning }),
  };
}

function finishReason({ status }: RunResult): string {
  return status === "answered" ? "stop" : "length";
}

function usageBody({ inputTokens, outputTokens, cachedInputTokens }: Usage): object {
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    ...(cachedInputTokens !== undefined && {
      prompt_tokens_details: { cached_tokens: cachedInputTokens },
    }),
  };
}
