import { z } from "zod";
import {
  hostedProviders,
  localServers,
  type HostedProvider,
  type LocalServer,
} from "./providers.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface DiscoveryOptions {
  /** The environment variables in which keys are looked for. */
  readonly env: Environment;
  readonly fetch?: typeof globalThis.fetch;
  /** For each local server. Default: 400. */
  readonly timeoutMs?: number;
  /** Default: Ollama, LM Studio, llama.cpp and vLLM at their usual ports. */
  readonly localServers?: readonly LocalServer[];
}

/** A place that models can be had from. */
export interface DiscoveredProvider {
  /** Such as `openai` or `ollama`. */
  readonly provider: string;
  readonly baseUrl: string;
  /** The environment variable with the key; the key itself is not part of this. */
  readonly apiKeyName?: string;
  /** Names of models, the one to use first at the front. A hosted service is not asked: only its default. */
  readonly models: readonly string[];
  /** What `resolveModel` takes for the first of them. */
  readonly spec: string;
  readonly local: boolean;
  /** The sizes of the contexts of its models, where a local server tells. */
  readonly contextTokens?: Readonly<Record<string, number>>;
}

const size = z.int().positive().optional().catch(undefined);

const modelList = z.object({
  // Ollama has null for none.
  data: z
    .array(
      z.object({
        id: z.string().min(1),
        max_model_len: size,
        context_length: size,
        context_window: size,
        max_context_length: size,
        meta: z.object({ n_ctx: size }).optional().catch(undefined),
      }),
    )
    .nullable(),
});

/** Finds where models can be had: keys in the environment first, then servers on this machine. Never rejects. */
export async function discoverModels(
  options: DiscoveryOptions,
): Promise<readonly DiscoveredProvider[]> {
  const servers = options.localServers ?? localServers;
  const found = await Promise.all(
    servers.map(async (server) => {
      const served = await listModels(server.baseUrl, options);
      const models = served.map(({ id }) => id);
      const sizes = served.flatMap(({ id, contextTokens }) =>
        contextTokens === undefined ? [] : [[id, contextTokens] as const],
      );
      return {
        provider: server.name,
        baseUrl: server.baseUrl,
        models,
        spec: `${server.name}/${models[0]}`,
        local: true,
        ...(sizes.length > 0 && { contextTokens: Object.fromEntries(sizes) }),
      };
    }),
  );
  return [...hosted(options.env), ...found.filter(({ models }) => models.length > 0)];
}

/**
 * The services with a key in the environment, those first that need no further package.
 * `OPENAI_BASE_URL` alone counts: its server may need no key.
 */
export function hosted(env: Environment): readonly DiscoveredProvider[] {
  return hostedProviders.flatMap((service) => {
    const { apiKeyName, baseUrlName, name } = service;
    const byAddress = name === "openai" && baseUrlName !== undefined && env[baseUrlName];
    return env[apiKeyName] || byAddress ? [placeOf(service, env)] : [];
  });
}

/** Where to reach a service, whether or not its key is there. */
export function placeOf(service: HostedProvider, env: Environment): DiscoveredProvider {
  const { name, apiKeyName, otherKeyName, baseUrlName, defaultModel } = service;
  const key = [apiKeyName, otherKeyName].find((one) => one !== undefined && env[one]);
  return {
    provider: name,
    baseUrl: (baseUrlName !== undefined && env[baseUrlName]) || service.baseUrl,
    ...(key !== undefined && { apiKeyName: key }),
    models: [defaultModel],
    spec: `${name}/${defaultModel}`,
    local: false,
  };
}

/** A model that a server offers. */
export interface ServedModel {
  readonly id: string;
  /** Tokens of prompt and reply together, where the server tells. */
  readonly contextTokens?: number;
}

type ListOptions = Pick<DiscoveryOptions, "fetch" | "timeoutMs"> & { readonly apiKey?: string };

/** Asks a server for its models, those that only embed left out; an empty list when it does not answer. */
export async function listModels(
  baseUrl: string,
  options: ListOptions,
): Promise<readonly ServedModel[]> {
  return (await askForModels(baseUrl, options)).models;
}

/** What came of the question which models a server has. */
export interface ModelListing {
  readonly models: readonly ServedModel[];
  /** Of the HTTP response; undefined when there was none. */
  readonly status?: number;
}

/** Asks like `listModels`, and tells a server that has no models from one that does not answer. Never rejects. */
export async function askForModels(baseUrl: string, options: ListOptions): Promise<ModelListing> {
  const { fetch = globalThis.fetch, timeoutMs = 400, apiKey } = options;
  let status: number | undefined;
  try {
    const response = await fetch(`${baseUrl.replace(/\/+$/, "")}/models`, {
      signal: AbortSignal.timeout(timeoutMs),
      ...(apiKey !== undefined && { headers: { authorization: `Bearer ${apiKey}` } }),
    });
    status = response.status;
    if (!response.ok) {
      await response.body?.cancel();
      return { models: [], status };
    }
    const { data } = modelList.parse(await response.json());
    const models = (data ?? []).filter(({ id }) => !/embed/i.test(id)).map(servedModel);
    return { models, status };
  } catch {
    return { models: [], ...(status !== undefined && { status }) };
  }
}

/** vLLM, OpenRouter, Groq, Mistral and llama.cpp each have their own name for the size of the context. */
function servedModel({
  id,
  meta,
  ...sizes
}: NonNullable<z.infer<typeof modelList>["data"]>[number]): ServedModel {
  const contextTokens =
    sizes.max_model_len ??
    sizes.context_length ??
    sizes.context_window ??
    sizes.max_context_length ??
    meta?.n_ctx;
  return { id, ...(contextTokens !== undefined && { contextTokens }) };
}
