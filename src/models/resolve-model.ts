import { CodeActError } from "../errors.ts";
import {
  discoverModels,
  hosted,
  listModels,
  type DiscoveredProvider,
  type DiscoveryOptions,
} from "./discover-models.ts";
import type { Model } from "./model.ts";
import { createOpenAIModel } from "./openai-model.ts";
import { hostedProviders, localServers, seesImages } from "./providers.ts";
import { loadReplay } from "./replay-file.ts";
import { createReplayModel } from "./replay-model.ts";

export interface ResolveOptions extends DiscoveryOptions {
  /** Whether the model sees pictures. Default: guessed from its name. */
  readonly images?: boolean;
}

const setup =
  "Set OPENAI_API_KEY or another provider's key, start Ollama, LM Studio, llama.cpp or vLLM, " +
  "or name a server like http://127.0.0.1:8000/v1#model.";

/**
 * Turns what a user wrote into a model:
 *
 *     openai/gpt-5-mini                  a provider and its model; `openai:gpt-5-mini` means the same
 *     ollama/qwen3:8b                    the same for a server on this machine
 *     groq                               a provider alone: its usual or first model
 *     http://127.0.0.1:8000/v1#qwen3     any server and its model; without `#`, its first model
 *     replay:conversation.jsonl          recorded replies
 *     gpt-5-mini                         a model alone: a local server that has it, else the first key's provider
 *
 * Without a spec `CODEACT_MODEL` of the environment counts, then the first that `discoverModels` finds.
 * Rejects with `model_not_configured`, `model_unreachable`, or the faults of `loadReplay`.
 */
export async function resolveModel(
  spec?: string,
  options: ResolveOptions = { env: process.env },
): Promise<Model> {
  const wanted = (spec ?? options.env["CODEACT_MODEL"] ?? "").trim();
  if (wanted === "") return resolveAny(options);
  if (wanted.startsWith("replay:")) {
    const path = wanted.slice("replay:".length);
    return createReplayModel({ ...(await loadReplay(path)), source: path });
  }
  if (/^https?:\/\//.test(wanted)) return resolveAddress(wanted, options);

  const separator = wanted.search(/[/:]/);
  const provider = separator < 0 ? wanted : wanted.slice(0, separator);
  const model = separator < 0 ? undefined : wanted.slice(separator + 1) || undefined;
  const service = hostedProviders.find(({ name }) => name === provider);
  if (service !== undefined) {
    const configured = hosted(options.env).find((found) => found.provider === provider);
    if (configured === undefined) {
      throw new CodeActError("model_not_configured", `There is no API key for ${provider}.`, {
        hint: `Set ${service.apiKeyName}.`,
      });
    }
    return build(configured, model ?? service.defaultModel, options);
  }
  const server = (options.localServers ?? localServers).find(({ name }) => name === provider);
  if (server !== undefined) {
    const place = { provider, baseUrl: server.baseUrl };
    return build(place, model ?? (await firstModel(server.baseUrl, options)), options);
  }
  const found = await discoverModels(options);
  const place =
    found.find(({ models }) => models.includes(wanted)) ?? found.find(({ local }) => !local);
  if (place === undefined) {
    throw new CodeActError("model_not_configured", `No model named ${wanted} is to be had here.`, {
      hint: found.length > 0 ? `Found: ${available(found)}.` : setup,
    });
  }
  return build(place, wanted, options);
}

async function resolveAny(options: ResolveOptions): Promise<Model> {
  // A key in the environment decides without a look at the ports.
  const [place] =
    hosted(options.env).length > 0 ? hosted(options.env) : await discoverModels(options);
  const model = place?.models[0];
  if (place === undefined || model === undefined) {
    throw new CodeActError(
      "model_not_configured",
      "There is no model: no API key is set and no model server answers on this machine.",
      { hint: setup },
    );
  }
  return build(place, model, options);
}

async function resolveAddress(address: string, options: ResolveOptions): Promise<Model> {
  const hash = address.indexOf("#");
  const baseUrl = hash < 0 ? address : address.slice(0, hash);
  const model = hash < 0 ? "" : address.slice(hash + 1);
  // The key goes to the server that it was set for, and to no other.
  const own = options.env["OPENAI_BASE_URL"] === baseUrl && options.env["OPENAI_API_KEY"];
  const place = { provider: "openai", baseUrl, ...(own && { apiKeyName: "OPENAI_API_KEY" }) };
  return build(place, model || (await firstModel(baseUrl, options)), options);
}

async function firstModel(baseUrl: string, options: ResolveOptions): Promise<string> {
  const [first] = await listModels(baseUrl, { ...options, timeoutMs: options.timeoutMs ?? 3000 });
  if (first !== undefined) return first;
  throw new CodeActError("model_unreachable", `No model server answers at ${baseUrl}.`, {
    hint: "Start the server and load a model, or check the address.",
  });
}

function build(
  place: Pick<DiscoveredProvider, "baseUrl" | "apiKeyName">,
  model: string,
  options: ResolveOptions,
): Model {
  const apiKey = place.apiKeyName === undefined ? undefined : options.env[place.apiKeyName];
  return createOpenAIModel({
    model,
    baseUrl: place.baseUrl,
    images: options.images ?? seesImages(model),
    ...(apiKey && place.apiKeyName && { apiKey, apiKeyName: place.apiKeyName }),
    ...(options.fetch !== undefined && { fetch: options.fetch }),
  });
}

function available(found: readonly DiscoveredProvider[]): string {
  return found
    .flatMap(({ provider, models }) => models.map((name) => `${provider}/${name}`))
    .join(", ");
}
