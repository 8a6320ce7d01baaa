import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Context } from "hono";
import { streamSSE } from "hono/streaming";
import type { ToolCallPart, Usage } from "../../models/model.ts";
import { answerChat, type AnswerOptions } from "./chat-answer.ts";
import type { ChatRequest } from "./chat-request.ts";
import type { ChatEnd } from "./chat-run.ts";
import { errorBody } from "./error-body.ts";
import type { MessagePiece } from "./work-view.ts";

export interface ChatResponseOptions extends Omit<AnswerOptions, "signal"> {
  /** Silence after which a stream begins, or a comment in it tells proxies that the connection lives. Default: 15 s. */
  readonly heartbeatMs?: number | undefined;
  /** Receives a fault that ends a stream. */
  readonly onFault?: ((error: unknown) => void) | undefined;
}

/**
 * Answers `POST /v1/chat/completions`, whole or as a stream of server-sent events. Throws what fails before the
 * response has begun.
 */
export async function respondToChat(
  context: Context,
  request: ChatRequest,
  { heartbeatMs = 15_000, onFault, ...options }: ChatResponseOptions,
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
    const message: { content: string | null; reasoning_content?: string } = { content: "" };
    for (;;) {
      const step = await pieces.next();
      if (step.done === true) {
        const calls = callsBody(step.value.calls);
        if (calls.length > 0 && message.content === "") message.content = null;
        return context.json({
          ...head,
          object: "chat.completion",
          choices: [
            {
              index: 0,
              message: {
                role: "assistant",
                refusal: null,
                ...message,
                ...(calls.length > 0 && { tool_calls: calls }),
              },
              logprobs: null,
              finish_reason: finishReason(step.value),
            },
          ],
          usage: usageBody(step.value.result?.usage),
        });
      }
      const { content = "", reasoning } = step.value;
      message.content = `${message.content}${content}`;
      if (reasoning !== undefined) {
        message.reasoning_content = (message.reasoning_content ?? "") + reasoning;
      }
    }
  }
  const first = pieces.next();
  // Until the first piece a fault has a status of its own, but nobody waits for a head for ever.
  const patience = new AbortController();
  await Promise.race([first, delay(heartbeatMs, undefined, { signal: patience.signal })]).finally(
    () => patience.abort(),
  );
  // nginx would keep pieces back otherwise.
  context.header("X-Accel-Buffering", "no");
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
      let step = await first;
      for (; step.done !== true; step = await pieces.next()) {
        await send(chunk(deltaOf(step.value)));
      }
      const { calls, result } = step.value;
      if (calls.length > 0) {
        const indexed = callsBody(calls).map((call, index) => ({ index, ...call }));
        await send(chunk({ tool_calls: indexed }));
      }
      await send(chunk({}, finishReason(step.value)));
      if (request.includeUsage) {
        const usage = usageBody(result?.usage);
        await send({ ...head, object: "chat.completion.chunk", choices: [], usage });
      }
      await send("[DONE]");
    } catch (error) {
      if (!signal.aborted) onFault?.(error);
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

function finishReason({ result }: ChatEnd): string {
  if (result === undefined) return "tool_calls";
  return result.status === "answered" ? "stop" : "length";
}

function callsBody(calls: readonly ToolCallPart[]): readonly object[] {
  return calls.map(({ id, name, arguments: text }) => ({
    id,
    type: "function",
    function: { name, arguments: text },
  }));
}

/** The usage of the whole work comes with its last answer. */
function usageBody(
  { inputTokens, outputTokens, cachedInputTokens }: Usage = { inputTokens: 0, outputTokens: 0 },
): object {
  return {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    ...(cachedInputTokens !== undefined && {
      prompt_tokens_details: { cached_tokens: cachedInputTokens },
    }),
  };
}
