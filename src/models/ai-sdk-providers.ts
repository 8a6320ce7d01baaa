import type { AISDKLanguageModel } from "./ai-sdk-model.ts";
import { importOptional, type ImportPackage } from "./import-package.ts";

export interface LanguageModelOptions {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly fetch?: typeof globalThis.fetch;
  readonly importPackage?: ImportPackage;
}

interface ProviderOptions {
  readonly apiKey: string;
  readonly baseURL: string;
  readonly fetch?: typeof globalThis.fetch;
}

type CreateProvider = (options: ProviderOptions) => (model: string) => AISDKLanguageModel;

/**
 * Opens a model of Anthropic's or Google's own API through the AI SDK's package for it.
 * Rejects with `model_not_configured` where that package is not installed.
 */
export async function openLanguageModel(
  api: "anthropic" | "google",
  model: string,
  { baseUrl, apiKey, fetch, importPackage }: LanguageModelOptions,
): Promise<AISDKLanguageModel> {
  const name = `@ai-sdk/${api}`;
  const create = api === "anthropic" ? "createAnthropic" : "createGoogleGenerativeAI";
  const loaded = await importOptional({ name, need: `${api}/${model}`, importPackage });
  const provider = (loaded as Record<typeof create, CreateProvider>)[create]({
    apiKey,
    baseURL: api === "anthropic" ? withVersion(baseUrl) : baseUrl,
    ...(fetch !== undefined && { fetch }),
  });
  return provider(model);
}

/** Anthropic's own clients take the address without the version, the AI SDK with it. */
function withVersion(baseUrl: string): string {
  const address = baseUrl.replace(/\/+$/, "");
  return /\/v\d+$/.test(address) ? address : `${address}/v1`;
}
