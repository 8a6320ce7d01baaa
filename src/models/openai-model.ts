import OpenAI from "openai";
import { setTimeout as delay } from "node:timers/promises";
import { CodeActError } from "../errors.ts";
import type { FinishReason, Model, ModelEvent, ModelRequest, Usage } from "./model.ts";
import { createChunkReader } from "./openai-chunks.ts";
import {
  isTransient,
  refusedParameter,
  toModelError,
  type ServerDescription,
} from "./openai-errors.ts";
import { chatBody, type OptionalParameter } from "./openai-request.ts";
import { backoffMs, longestRetryAfterMs, retryAfterMs } from "./retry-delay.ts";
import { createStopFilter } from "./stop-strings.ts";

export interface OpenAIModelOptions {
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
  /** Used when a request sets none. Default: the server's. */
  readonly temperature?: number;
  /** Retries after 429, 5xx and failed connections, while nothing has been streamed. Default: 4. */
  readonly maxRetries?: number;
  /** From the request to the first event of the reply. Default: 240,000. */
  readonly firstByteTimeoutMs?: number;
  /** Between two events of the reply. Default: 120,000. */
  readonly idleTimeoutMs?: number;
  readonly fetch?: typeof globalThis.fetch;
  /** Waits between retries; rejects when the signal fires. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
  /** The time in milliseconds since 1970. */
  readonly now?: () => number;
  /** From 0 to 1; spreads the retries of many clients. */
  readonly random?: () => number;
}

export const openAIBaseUrl = "https://api.openai.com/v1";

type Attempt =
  | { readonly kind: "finish"; readonly reason: FinishReason }
  | {
      readonly kind: "failure";
      readonly cause: unknown;
      readonly error: CodeActError;
      /** Whether some of the reply is out already, so that it cannot be asked for again. */
      readonly streamed: boolean;
    };

/**
 * Creates a model behind any server that speaks OpenAI's chat completions. Reasoning is not part of its text.
 * Throws `invalid_input` when the base URL is none.
 */
export function createOpenAIModel(options: OpenAIModelOptions): Model {
  const {
    model,
    apiKey,
    images = false,
    maxRetries = 4,
    firstByteTimeoutMs = 240_000,
    idleTimeoutMs = 120_000,
    sleep = async (ms, signal) => delay(ms, undefined, { signal }),
    now = Date.now,
    random = Math.random,
  } = options;
  const baseUrl = (options.baseUrl ?? openAIBaseUrl).replace(/\/+$/, "");
  if (!/^https?:/.test(baseUrl) || !URL.canParse(baseUrl)) {
    throw new CodeActError("invalid_input", `The base URL ${baseUrl} is not an HTTP address.`, {
      hint: "Write it like http://127.0.0.1:8000/v1.",
    });
  }
  const server: ServerDescription = {
    model,
    baseUrl: withoutCredentials(baseUrl),
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
    timeout: firstByteTimeoutMs + 1000,
    logLevel: "off",
    ...(apiKey === undefined && { defaultHeaders: { Authorization: null } }),
    ...(options.fetch !== undefined && { fetch: options.fetch }),
  });
  const refused = new Set<OptionalParameter>();

  /** One request. Yields text and usage; returns how it ended. */
  async function* attempt(
    request: ModelRequest,
    controller: AbortController,
  ): AsyncGenerator<ModelEvent, Attempt> {
    const filter = createStopFilter(request.stop ?? []);
    const reader = createChunkReader();
    let timeout: "first" | "idle" | undefined;
    let timer: NodeJS.Timeout | undefined;
    const arm = (kind: "first" | "idle") => {
      clearTimeout(timer);
      timer = setTimeout(
        () => {
          timeout = kind;
          controller.abort();
        },
        kind === "first" ? firstByteTimeoutMs : idleTimeoutMs,
      );
    };
    let usage: Usage | undefined;
    let failure: unknown;
    let streamed = false;
    try {
      arm("first");
      const body = chatBody(request, { model, images, temperature: options.temperature, refused });
      const chunks = await client.chat.completions.create(body, { signal: controller.signal });
      for await (const chunk of chunks) {
        arm("idle");
        const read = reader.read(chunk);
        usage = read.usage ?? usage;
        const text = filter.push(read.text);
        if (text !== "") {
          // The consumer's own time does not count.
          clearTimeout(timer);
          streamed = true;
          yield { type: "text-delta", text };
          arm("idle");
        }
        if (filter.stopped) break;
      }
    } catch (error) {
      failure = error;
    } finally {
      clearTimeout(timer);
    }
    const aborted = request.signal?.aborted === true;
    const rest = filter.flush();
    streamed ||= rest !== "";
    if (rest !== "") yield { type: "text-delta", text: rest };
    if (usage !== undefined) yield { type: "usage", usage };
    if (filter.stopped) return { kind: "finish", reason: "stop" };
    if (reader.finishReason !== undefined) return { kind: "finish", reason: reader.finishReason };
    if (aborted) return { kind: "finish", reason: "aborted" };
    if (timeout !== undefined) {
      return { kind: "failure", cause: undefined, error: timeoutError(timeout), streamed };
    }
    const error = failure === undefined ? cutError() : toModelError(failure, server);
    return { kind: "failure", cause: failure, error, streamed };
  }

  function timeoutError(kind: "first" | "idle"): CodeActError {
    const seconds = (kind === "first" ? firstByteTimeoutMs : idleTimeoutMs) / 1000;
    const message =
      kind === "first"
        ? `${model} at ${server.baseUrl} did not start its reply within ${seconds} s.`
        : `${model} at ${server.baseUrl} sent nothing more for ${seconds} s in the middle of its reply.`;
    const hint = "Try again, or raise the time-out if the server is slow.";
    return new CodeActError("model_timeout", message, { hint });
  }

  function cutError(): CodeActError {
    const message = `The reply of ${model} at ${server.baseUrl} ended before it was complete.`;
    return new CodeActError("model_failed", message, {
      hint: "Try again, or look at the server's log.",
    });
  }

  async function* stream(request: ModelRequest): AsyncGenerator<ModelEvent, void> {
    let retries = 0;
    for (;;) {
      if (request.signal?.aborted === true) return yield { type: "finish", reason: "aborted" };
      const controller = new AbortController();
      const abort = () => controller.abort();
      request.signal?.addEventListener("abort", abort, { once: true });
      try {
        const end = yield* attempt(request, controller);
        if (end.kind === "finish") return yield { type: "finish", reason: end.reason };
        const { streamed } = end;
        const parameter = refusedParameter(end.cause);
        if (!streamed && parameter !== undefined && !refused.has(parameter)) {
          refused.add(parameter);
          continue;
        }
        const waitMs = isTransient(end.cause)
          ? (retryAfterMs(headersOf(end.cause), now()) ?? backoffMs(retries, random))
          : Number.POSITIVE_INFINITY;
        if (streamed || retries >= maxRetries || waitMs > longestRetryAfterMs) {
          return yield { type: "finish", reason: "error", error: end.error };
        }
        retries += 1;
        await sleep(waitMs, controller.signal).catch(() => undefined);
      } finally {
        request.signal?.removeEventListener("abort", abort);
        controller.abort();
      }
    }
  }

  return {
    id: model,
    capabilities: {
      images,
      ...(options.contextTokens !== undefined && { contextTokens: options.contextTokens }),
    },
    stream,
  };
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
