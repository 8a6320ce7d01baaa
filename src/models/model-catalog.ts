import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { CodeActError } from "../errors.ts";
import { fileError } from "./file-error.ts";
import type { ModelPrice } from "./model-price.ts";
import builtIn from "./model-catalog.json" with { type: "json" };

/** What is known of a model before it is asked. */
export interface ModelFacts {
  /** Tokens of prompt and reply together. */
  readonly contextTokens?: number;
  /** Tokens of one reply. */
  readonly maxOutputTokens?: number;
  readonly images?: boolean;
  readonly toolCalls?: boolean;
  readonly price?: ModelPrice;
}

export interface ModelCatalog {
  /** What is known of a model, a provider's own entry before one for its name alone; empty when nothing is. */
  find(model: string, provider?: string): ModelFacts;
  /** The same, but only what the user's file says. */
  findOwn(model: string, provider?: string): ModelFacts;
}

const tokens = z.int().positive();
const usd = z.number().nonnegative();

const entrySchema = z.strictObject({
  pattern: z.string().min(1),
  contextTokens: tokens.exactOptional(),
  maxOutputTokens: tokens.exactOptional(),
  images: z.boolean().exactOptional(),
  toolCalls: z.boolean().exactOptional(),
  usdPerMillion: z
    .strictObject({
      input: usd,
      output: usd,
      cachedInput: usd.exactOptional(),
      cacheWrite: usd.exactOptional(),
    })
    .exactOptional(),
});

const catalogSchema = z.strictObject({
  comment: z.string().exactOptional(),
  updated: z.iso.date().exactOptional(),
  models: z.array(entrySchema),
});

/**
 * What is known of the models that a pattern names. In a pattern `*` stands for any text and `?` for one
 * character; it is compared with `provider/model`, the model's whole name, and what follows the last `/` of it,
 * in lower case. The pattern with the most characters counts.
 */
export type CatalogEntry = z.infer<typeof entrySchema>;

/** Makes a catalog of the built-in entries; `own` ones change single facts of them. */
export function createModelCatalog(own: readonly CatalogEntry[] = []): ModelCatalog {
  const usual = compile(builtIn.models);
  const users = compile(own);
  return {
    find: (model, provider) => ({
      ...lookUp(usual, model, provider),
      ...lookUp(users, model, provider),
    }),
    findOwn: (model, provider) => lookUp(users, model, provider),
  };
}

/** The day on which the built-in prices and sizes were last looked at. */
export const catalogUpdated = builtIn.updated;

/**
 * Makes a catalog with the user's own entries: those of the file in `CODEACT_MODELS`, else of
 * `~/.config/codeact/models.json` where there is one.
 * Rejects with `invalid_input`, `permission_denied`, or `file_not_found` for a file that was named.
 */
export async function loadModelCatalog(
  env: Readonly<Record<string, string | undefined>>,
): Promise<ModelCatalog> {
  const named = env["CODEACT_MODELS"];
  const config = env["XDG_CONFIG_HOME"] || join(env["HOME"] || homedir(), ".config");
  const path = named || join(config, "codeact", "models.json");
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const fault = fileError(error, path, "model catalog");
    if (!named && fault.code === "file_not_found") return createModelCatalog();
    throw fault;
  }
  return createModelCatalog(parseCatalog(text, path));
}

/** Reads a catalog file. Throws `invalid_input` naming `file` and what is wrong in it. */
export function parseCatalog(text: string, file: string): readonly CatalogEntry[] {
  const fail = (what: string): CodeActError =>
    new CodeActError("invalid_input", `The model catalog ${file} ${what}.`, {
      hint: 'Write it like {"models": [{"pattern": "qwen3*", "contextTokens": 32768}]}.',
    });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw fail("is not JSON");
  }
  const result = catalogSchema.safeParse(value);
  if (result.success) return result.data.models;
  const [issue] = result.error.issues;
  const [list, index, ...rest] = issue?.path ?? [];
  const place =
    list === "models" && typeof index === "number"
      ? ["entry", index + 1, ...rest].join(" ")
      : (issue?.path.join(".") ?? "");
  throw fail(`is not valid: ${place === "" ? "" : `${place}: `}${issue?.message ?? ""}`);
}

interface CompiledEntry {
  readonly expression: RegExp;
  readonly weight: number;
  readonly facts: ModelFacts;
}

function compile(entries: readonly CatalogEntry[]): readonly CompiledEntry[] {
  return entries
    .map(({ pattern, usdPerMillion, ...facts }) => ({
      expression: expressionOf(pattern),
      weight: pattern.replaceAll("*", "").length,
      facts: { ...facts, ...(usdPerMillion && { price: usdPerMillion }) },
    }))
    .sort((a, b) => b.weight - a.weight);
}

function expressionOf(pattern: string): RegExp {
  const source = pattern
    .toLowerCase()
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replace(/\*+/g, ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "s");
}

function lookUp(entries: readonly CompiledEntry[], model: string, provider?: string): ModelFacts {
  const name = model.toLowerCase();
  const names = [
    ...(provider === undefined ? [] : [`${provider.toLowerCase()}/${name}`]),
    name,
    name.slice(name.lastIndexOf("/") + 1),
  ];
  const found = entries.find(({ expression }) => names.some((one) => expression.test(one)));
  return found?.facts ?? {};
}
