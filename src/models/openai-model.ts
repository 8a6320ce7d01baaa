import OpenAI from "openai";
import { CodeActError } from "../errors.ts";
import type { Model, ModelRequest } from "./model.ts";
import type { ModelPrice } from "./model-price.ts";
import { createChunkReader } from "./openai-chunks.ts";
import { failedToolCall, isTransient, refusedParameter, toModelError } from "./openai-errors.ts";
import { chatBody, type OptionalParameter } from "./openai-request.ts";
import { createCallId } from "./openai-tool-calls.ts";
import { retryAfterMs } from "./retry-delay.ts";
import {
  createStreamingModel,
  defaultFirstByteTimeoutMs,
  type ReplyPiece,
  type StreamingOptions,
} from "./streaming-model.ts";
import { timerDelay } from "../timer-delay.ts";

export interface OpenAIModelOptions extends StreamingOptions {
  readonly model: string;
  /** Without one no `Authorization` header is sent. */
  readonly apiKey?: string;
  /** Where the key came from, such as `OPENAI_API_KEY`; named in hints. */
  readonly apiKeyName?: string;
  /** Default: `https://api.openai.com/v1`. */
  readonly baseUrl?: string;
  /** Whether the model sees pictures. Default: false. */
  readonly images?: boolean;
  readonly contextTokens?: number;
  /** Whether the model takes tools; a server that refuses them is told of them in words. Default: not known. */
  readonly toolCalls?: boolean;
  readonly price?: ModelPrice;
  /** Who serves it, for telemetry. Default: `openai`, whose API it is. */
  readonly provider?: string;
  /** Used when a request sets none. Default: the server's. */
  readonly temperature?: number;
  readonly fetch?: typeof globalThis.fetch;
}

export const openAIBaseUrl = "https://api.openai.com/v1";

/**
 * Creates a model behind any server that speaks OpenAI's chat completions. Reasoning is not part of its text.
 * Throws `invalid_input` when the base URL is none.
 */
export function createOpenAIModel(options: OpenAIModelOptions): Model {
  const { model, apiKey, images = false, random = Math.random } = options;
  const baseUrl = (options.baseUrl ?? openAIBaseUrl).replace(/\/+$/, "");
  if (!/^https?:/.test(baseUrl) || !URL.canParse(baseUrl)) {
    throw new CodeActError("invalid_input", `The base URL ${baseUrl} is not an HTTP address.`, {
      hint: "Write it like http://127.0.0.1:8000/v1.",
    });
  }
  const shownUrl = withoutCredentials(baseUrl);
  const server = {
    model,
    baseUrl: shownUrl,
    place: `at ${shownUrl}`,
    apiKey,
    apiKeyName: options.apiKeyName,
  };
  // Everything that the client would otherwise take from the environment is set here.
  const client = new OpenAI({
    apiKey: apiKey ?? "none",
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    baseURL: baseUrl,
    maxRetries: 0,
    timeout: timerDelay((options.firstByteTimeoutMs ?? defaultFirstByteTimeoutMs) + 1000),
    logLevel: "off",
    ...(apiKey === undefined && { defaultHeaders: { Authorization: null } }),
    ...(options.fetch !== undefined && { fetch: options.fetch }),
  });
  const refused = new Set<OptionalParameter>();

  async function* open(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ReplyPiece> {
    const reader = createChunkReader(() => createCallId(random));
    const body = chatBody(request, { model, images, temperature: options.temperature, refused });
    try {
      for await (const chunk of await client.chat.completions.create(body, { signal })) {
        const piece = reader.read(chunk);
        const { finishReason } = reader;
        yield { ...piece, ...(finishReason !== undefined && { finishReason }) };
      }
    } catch (error) {
      const text = failedToolCall(error);
      if (text === undefined) throw error;
      yield { text, finishReason: "stop" };
    }
  }

  return createStreamingModel(
    {
      id: model,
      place: server.place,
      provider: options.provider ?? "openai",
      capabilities: {
        images,
        ...(options.contextTokens !== undefined && { contextTokens: options.contextTokens }),
        ...(options.toolCalls !== undefined && { toolCalls: options.toolCalls }),
      },
      ...(options.price && { price: options.price }),
    },
    {
      open,
      isTransient,
      toError: (cause) => toModelError(cause, server),
      retryAfterMs: (cause, nowMs) => retryAfterMs(headersOf(cause), nowMs),
      adapt(cause) {
        const parameter = refusedParameter(cause);
        if (parameter === undefined || refused.has(parameter)) return false;
        refused.add(parameter);
        return true;
      },
    },
    options,
  );
}

function headersOf(error: unknown): Headers | undefined {
  return error instanceof OpenAI.APIError ? (error.headers as Headers | undefined) : undefined;
}

function withoutCredentials(address: string): string {
  const url = new URL(address);
  url.username = "";
  url.password = "";
  return url.href.replace(/\/+$/, "");
}
