import { existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { CodeActError } from "../errors.ts";
import { createAISDKModel } from "./ai-sdk-model.ts";
import { openLanguageModel } from "./ai-sdk-providers.ts";
import {
  askForModels,
  discoverModels,
  hosted,
  placeOf,
  type DiscoveredProvider,
  type DiscoveryOptions,
  type Environment,
} from "./discover-models.ts";
import type { ImportPackage } from "./import-package.ts";
import { knownFacts } from "./known-facts.ts";
import { createLlamaModel } from "./llama-model.ts";
import { loadModelCatalog, type ModelCatalog } from "./model-catalog.ts";
import type { Model } from "./model.ts";
import { modelsFolder } from "./model-source.ts";
import { createOpenAIModel } from "./openai-model.ts";
import {
  hostedProviders,
  localServers,
  seesImages,
  telemetryName,
  type HostedProvider,
} from "./providers.ts";
import { loadReplay } from "./replay-file.ts";
import { createReplayModel } from "./replay-model.ts";

export interface ResolveOptions extends DiscoveryOptions {
  /** Whether the model sees pictures. Default: guessed from its name. */
  readonly images?: boolean;
  /** Default: `loadModelCatalog(env)`. */
  readonly catalog?: ModelCatalog;
  /** Loads an optional package. Default: `import`. */
  readonly importPackage?: ImportPackage;
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
 *     anthropic/claude-sonnet-4-5        Anthropic's and Google's own APIs, through the AI SDK's optional packages
 *     llama:models/qwen3-8b.gguf         a file, run in this process by node-llama-cpp, an optional package
 *     replay:conversation.jsonl          recorded replies
 *     gpt-5-mini                         a model alone: a local server that has it, else the first key's provider
 *
 * What a model can and costs comes from its server, else from the catalog.
 * Without a spec `CODEACT_MODEL` of the environment counts, then the first that `discoverModels` finds.
 * Rejects with `model_not_configured`, `model_unreachable`, or the faults of `loadReplay`, `loadModelCatalog`
 * and `createLlamaModel`.
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
  if (wanted.startsWith("llama:")) return resolveFile(wanted.slice("llama:".length), options);
  if (/^https?:\/\//.test(wanted)) return resolveAddress(wanted, options);

  const separator = wanted.search(/[/:]/);
  const provider = separator < 0 ? wanted : wanted.slice(0, separator);
  const model = separator < 0 ? undefined : wanted.slice(separator + 1) || undefined;
  const service = hostedProviders.find(({ name }) => name === provider);
  if (service !== undefined) {
    const configured = placeOf(service, options.env);
    if (configured.apiKeyName === undefined && !isOwnServer(service, options.env)) {
      const names = [service.apiKeyName, service.otherKeyName].filter(Boolean).join(" or ");
      throw new CodeActError("model_not_configured", `There is no API key for ${provider}.`, {
        hint: `Set ${names}.`,
      });
    }
    return build(configured, model ?? service.defaultModel, options);
  }
  const server = (options.localServers ?? localServers).find(({ name }) => name === provider);
  if (server !== undefined) {
    const place = { provider, baseUrl: server.baseUrl, local: true };
    return buildServed(place, model, options);
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
  const place = {
    provider: "server",
    baseUrl,
    local: true,
    ...(own && { apiKeyName: "OPENAI_API_KEY" }),
  };
  return buildServed(place, model || undefined, options);
}

/** Builds a model of a server that may tell more about it; without a name, of the server's first. */
async function buildServed(
  place: Place,
  model: string | undefined,
  options: ResolveOptions,
): Promise<Model> {
  const { baseUrl, apiKeyName } = place;
  const apiKey = apiKeyName === undefined ? undefined : options.env[apiKeyName];
  const { models, status } = await askForModels(baseUrl, {
    ...options,
    timeoutMs: options.timeoutMs ?? (model === undefined ? 3000 : 400),
    ...(apiKey !== undefined && { apiKey }),
  });
  const found = models.find(({ id }) => model === undefined || id === model);
  const name = model ?? found?.id;
  if (name !== undefined) return build(place, name, options, found?.contextTokens);
  throw withoutModel(baseUrl, status, apiKeyName);
}

/** Why a server's first model can't be used. */
function withoutModel(
  baseUrl: string,
  status: number | undefined,
  apiKeyName: string | undefined,
): CodeActError {
  if (status === undefined) {
    return new CodeActError("model_unreachable", `No model server answers at ${baseUrl}.`, {
      hint: "Start the server and load a model, or check the address.",
    });
  }
  if (status === 200) {
    return new CodeActError("model_not_found", `The model server at ${baseUrl} has no model.`, {
      hint: "Load one; for Ollama: `ollama pull qwen3:8b`.",
    });
  }
  if (status === 401 || status === 403) {
    return new CodeActError(
      "model_auth_failed",
      apiKeyName === undefined
        ? `The model server at ${baseUrl} asks for an API key.`
        : `The model server at ${baseUrl} refused the API key.`,
      {
        hint:
          apiKeyName === undefined
            ? "Set OPENAI_BASE_URL to its address and OPENAI_API_KEY to the key; a key goes only where it was set for."
            : `Check that ${apiKeyName} is valid.`,
      },
    );
  }
  return status === 503
    ? new CodeActError("model_unreachable", `The model server at ${baseUrl} is not ready.`, {
        hint: "Wait until it has loaded its model.",
      })
    : new CodeActError(
        "model_unreachable",
        `The server at ${baseUrl} answers with status ${status} when it is asked for its models.`,
        { hint: "Check the address; most end in /v1." },
      );
}

type Place = Pick<DiscoveredProvider, "provider" | "baseUrl" | "apiKeyName" | "local">;

async function build(
  place: Place,
  model: string,
  options: ResolveOptions,
  toldContextTokens?: number,
): Promise<Model> {
  const { provider, baseUrl, apiKeyName } = place;
  const catalog = options.catalog ?? (await loadModelCatalog(options.env));
  const known = knownFacts(catalog, place, model);
  const { maxOutputTokens, price } = known;
  const size =
    catalog.findOwn(model, provider).contextTokens ?? toldContextTokens ?? known.contextTokens;
  const apiKey = apiKeyName === undefined ? undefined : options.env[apiKeyName];
  const service = hostedProviders.find(({ name }) => name === provider);
  const toolCalls = service?.toolCalls ?? known.toolCalls;
  const common = {
    images: options.images ?? known.images ?? seesImages(model),
    ...(size !== undefined && { contextTokens: size }),
    ...(toolCalls !== undefined && { toolCalls }),
    ...(price && { price }),
    ...(apiKey && apiKeyName && { apiKey, apiKeyName }),
  };
  if (service?.api !== undefined) {
    const languageModel = await openLanguageModel(service.api, model, {
      baseUrl,
      apiKey: apiKey ?? "none",
      ...(options.fetch !== undefined && { fetch: options.fetch }),
      ...(options.importPackage !== undefined && { importPackage: options.importPackage }),
    });
    return createAISDKModel(languageModel, {
      ...common,
      ...(maxOutputTokens !== undefined && { maxOutputTokens }),
    });
  }
  return createOpenAIModel({
    model,
    baseUrl,
    provider: telemetryName(provider),
    ...common,
    ...(options.fetch !== undefined && { fetch: options.fetch }),
  });
}

/** A server of one's own may need no key. */
function isOwnServer({ baseUrlName }: HostedProvider, env: Environment): boolean {
  return baseUrlName !== undefined && Boolean(env[baseUrlName]);
}

async function resolveFile(path: string, options: ResolveOptions): Promise<Model> {
  const catalog = options.catalog ?? (await loadModelCatalog(options.env));
  const { contextTokens } = catalog.findOwn(basename(path, ".gguf"), "llama");
  const downloaded = join(modelsFolder(options.env), path);
  const isDownloaded = !existsSync(path) && path === basename(path) && existsSync(downloaded);
  return createLlamaModel({
    path: isDownloaded ? downloaded : resolve(path),
    ...(contextTokens !== undefined && { contextTokens }),
    ...(options.importPackage !== undefined && { importPackage: options.importPackage }),
  });
}

function available(found: readonly DiscoveredProvider[]): string {
  return found
    .flatMap(({ provider, models }) => models.map((name) => `${provider}/${name}`))
    .join(", ");
}
