import type { LanguageModelV4 } from "@ai-sdk/provider";
import { CodeActError } from "../errors.ts";
import {
  headersOfCall,
  isTransientCall,
  refusedCallParameter,
  toCallError,
} from "./ai-sdk-errors.ts";
import { createPartReader, type CallMetadata } from "./ai-sdk-parts.ts";
import { callOptions, type OptionalCallParameter } from "./ai-sdk-request.ts";
import { createModelCatalog } from "./model-catalog.ts";
import type { ModelPrice } from "./model-price.ts";
import type { Model, ModelRequest } from "./model.ts";
import { seesImages, telemetryName } from "./providers.ts";
import { retryAfterMs } from "./retry-delay.ts";
import { createStreamingModel, type ReplyPiece, type StreamingOptions } from "./streaming-model.ts";

/** A `LanguageModel` of the AI SDK, of the versions 2 to 4 of its specification: what any of its providers makes. */
export interface AISDKLanguageModel {
  readonly specificationVersion: string;
  readonly provider: string;
  readonly modelId: string;
  doStream(options: never): PromiseLike<{ readonly stream: ReadableStream<unknown> }>;
}

export interface AISDKModelOptions extends StreamingOptions {
  /** Default: the language model's own. */
  readonly id?: string;
  /** Whether the model sees pictures. Default: as the catalog says, else guessed from its name. */
  readonly images?: boolean;
  /** Default: as the catalog says. */
  readonly contextTokens?: number;
  /** Whether the model takes tools. Default: as the catalog says. */
  readonly toolCalls?: boolean;
  /** Default: as the catalog says. */
  readonly price?: ModelPrice;
  /** Used when a request sets none. Default: the provider's. */
  readonly temperature?: number;
  /** Used when a request sets none. Default: the provider's. */
  readonly maxOutputTokens?: number;
  /** The key that the language model sends; it is taken out of messages. */
  readonly apiKey?: string;
  /** Where the key came from, such as `ANTHROPIC_API_KEY`; named in hints. */
  readonly apiKeyName?: string;
}

const maxRemembered = 1000;

/**
 * Creates a model of a language model of the AI SDK: `createAISDKModel(anthropic("claude-sonnet-4-5"))`.
 * Reasoning is not part of its text. Instructions and the conversation so far are marked for Anthropic's cache.
 * Throws `invalid_input` for a name in place of a language model, and for another version of the specification.
 */
export function createAISDKModel(
  languageModel: AISDKLanguageModel,
  options: AISDKModelOptions = {},
): Model {
  checkLanguageModel(languageModel);
  const { modelId, specificationVersion: version } = languageModel;
  const [provider = "its provider"] = languageModel.provider.split(".");
  const facts = createModelCatalog().find(modelId, provider);
  const images = options.images ?? facts.images ?? seesImages(modelId);
  const contextTokens = options.contextTokens ?? facts.contextTokens;
  const toolCalls = options.toolCalls ?? facts.toolCalls;
  const price = options.price ?? facts.price;
  const id = options.id ?? modelId;
  const place = `of ${provider}`;
  const service = {
    model: id,
    place,
    // A provider that found a key by itself does not tell it.
    apiKey: options.apiKey ?? "",
    apiKeyName: options.apiKeyName,
  };
  const refused = new Set<OptionalCallParameter>();

  const callMetadata = new Map<string, CallMetadata>();

  /** The oldest are forgotten: a model may serve many conversations. */
  function remember(callId: string, metadata: CallMetadata): void {
    callMetadata.set(callId, metadata);
    const [oldest] = callMetadata.keys();
    if (callMetadata.size > maxRemembered && oldest !== undefined) callMetadata.delete(oldest);
  }

  async function* open(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ReplyPiece> {
    const { temperature, maxOutputTokens } = options;
    const call = callOptions(
      request,
      { version, images, temperature, maxOutputTokens, refused, callMetadata },
      signal,
    );
    const { stream } = await (languageModel as LanguageModelV4).doStream(call);
    const reader = stream.getReader();
    const parts = createPartReader(remember);
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        const piece = parts.read(value);
        if (piece !== undefined) yield piece;
      }
    } finally {
      reader.cancel().catch(() => undefined);
    }
  }

  return createStreamingModel(
    {
      id,
      place,
      provider: telemetryName(provider),
      capabilities: {
        images,
        ...(contextTokens !== undefined && { contextTokens }),
        ...(toolCalls !== undefined && { toolCalls }),
      },
      ...(price && { price }),
    },
    {
      open,
      isTransient: isTransientCall,
      toError: (cause) => toCallError(cause, service),
      retryAfterMs: (cause, nowMs) => retryAfterMs(headersOfCall(cause), nowMs),
      adapt(cause) {
        const parameter = refusedCallParameter(cause);
        if (parameter === undefined || refused.has(parameter)) return false;
        refused.add(parameter);
        return true;
      },
    },
    options,
  );
}

function checkLanguageModel(value: unknown): void {
  const hint =
    'Pass what a provider makes, such as `anthropic("claude-sonnet-4-5")` of @ai-sdk/anthropic.';
  if (typeof value !== "object" || value === null || !("doStream" in value)) {
    const what = typeof value === "string" ? `The name ${value}` : "This";
    throw new CodeActError("invalid_input", `${what} is not a language model of the AI SDK.`, {
      hint,
    });
  }
  const version = "specificationVersion" in value ? value.specificationVersion : undefined;
  if (version !== "v2" && version !== "v3" && version !== "v4") {
    throw new CodeActError(
      "invalid_input",
      `Version ${String(version)} of the AI SDK's language models is not supported.`,
      { hint: "Use a provider package of AI SDK 5, 6 or 7." },
    );
  }
}
