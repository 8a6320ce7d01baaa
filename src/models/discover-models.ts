import { z } from "zod";
import { hostedProviders, localServers, type LocalServer } from "./providers.ts";

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
}

const modelList = z.object({ data: z.array(z.object({ id: z.string().min(1) })) });

/** Finds where models can be had: keys in the environment first, then servers on this machine. Never rejects. */
export async function discoverModels(
  options: DiscoveryOptions,
): Promise<readonly DiscoveredProvider[]> {
  const servers = options.localServers ?? localServers;
  const found = await Promise.all(
    servers.map(async (server) => {
      const models = await listModels(server.baseUrl, options);
      const spec = `${server.name}/${models[0]}`;
      return { provider: server.name, baseUrl: server.baseUrl, models, spec, local: true };
    }),
  );
  return [...hosted(options.env), ...found.filter(({ models }) => models.length > 0)];
}

/** The services with a key in the environment. `OPENAI_BASE_URL` alone counts: its server may need no key. */
export function hosted(env: Environment): readonly DiscoveredProvider[] {
  return hostedProviders
    .filter(
      ({ name, apiKeyName }) => env[apiKeyName] || (name === "openai" && env["OPENAI_BASE_URL"]),
    )
    .map(({ name, baseUrl, apiKeyName, defaultModel }) => ({
      provider: name,
      baseUrl: (name === "openai" && env["OPENAI_BASE_URL"]) || baseUrl,
      ...(env[apiKeyName] && { apiKeyName }),
      models: [defaultModel],
      spec: `${name}/${defaultModel}`,
      local: false,
    }));
}

/** Asks a server for its models, those that only embed left out; an empty list when it does not answer. */
export async function listModels(
  baseUrl: string,
  options: Pick<DiscoveryOptions, "fetch" | "timeoutMs"> & { readonly apiKey?: string },
): Promise<readonly string[]> {
  const { fetch = globalThis.fetch, timeoutMs = 400, apiKey } = options;
  try {
    const response = await fetch(`${baseUrl.replace(/\/+$/, "")}/models`, {
      signal: AbortSignal.timeout(timeoutMs),
      ...(apiKey !== undefined && { headers: { authorization: `Bearer ${apiKey}` } }),
    });
    if (!response.ok) {
      await response.body?.cancel();
      return [];
    }
    const { data } = modelList.parse(await response.json());
    return data.map(({ id }) => id).filter((id) => !/embed/i.test(id));
  } catch {
    return [];
  }
}
