import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import builtIn from "./model-catalog.json" with { type: "json" };
import { createModelCatalog, loadModelCatalog, parseCatalog } from "./model-catalog.ts";
import { addUsage, costOf } from "./model-price.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "codeact-catalog-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe("createModelCatalog", () => {
  const catalog = createModelCatalog();

  it("takes the longest pattern that fits", () => {
    expect(catalog.find("gpt-5-mini-2025-08-07")).toEqual({
      contextTokens: 400_000,
      maxOutputTokens: 128_000,
      images: true,
      toolCalls: true,
      price: { input: 0.25, output: 2, cachedInput: 0.025 },
    });
    expect(catalog.find("gpt-5").price?.input).toBe(1.25);
    expect(catalog.find("claude-opus-4-5-20251101").price?.input).toBe(5);
    expect(catalog.find("claude-opus-4-20250514").price?.input).toBe(15);
    expect(catalog.find("anthropic/claude-opus-4.8").price?.input).toBe(5);
    // A model that came after the catalog has no price, rather than another's.
    expect(catalog.find("gpt-5.9")).toMatchObject({ contextTokens: 400_000 });
    expect(catalog.find("gpt-5.9").price).toBeUndefined();
  });

  it("knows names with an owner, other cases, and a provider's own price", () => {
    expect(catalog.find("anthropic/claude-sonnet-4.5", "openrouter").price?.output).toBe(15);
    expect(catalog.find("Qwen/Qwen3-Coder-30B").contextTokens).toBe(262_144);
    expect(catalog.find("openai/gpt-oss-120b").price).toBeUndefined();
    expect(catalog.find("openai/gpt-oss-120b", "groq").price?.input).toBe(0.15);
  });

  it("knows nothing of other models", () => {
    expect(catalog.find("my-own-model")).toEqual({});
  });

  it("lets own entries change single facts", () => {
    const own = createModelCatalog([{ pattern: "gpt-5*", contextTokens: 1000 }]);
    expect(own.find("gpt-5-mini")).toMatchObject({ contextTokens: 1000, price: { input: 0.25 } });
    expect(own.findOwn("gpt-5-mini")).toEqual({ contextTokens: 1000 });
  });

  it("has valid built-in entries, each pattern once", () => {
    const entries = parseCatalog(JSON.stringify(builtIn), "the built-in file");
    const patterns = entries.map(({ pattern }) => pattern);
    expect(new Set(patterns).size).toBe(patterns.length);
    expect(patterns).toEqual(patterns.map((pattern) => pattern.toLowerCase()));
  });
});

describe("loadModelCatalog", () => {
  it("reads the named file, or the one of the user's configuration", async () => {
    const text = JSON.stringify({
      models: [{ pattern: "mine", usdPerMillion: { input: 1, output: 2 } }],
    });
    const path = join(folder, "mine.json");
    await writeFile(path, text);
    const named = await loadModelCatalog({ CODEACT_MODELS: path, HOME: folder });
    expect(named.find("mine")).toEqual({ price: { input: 1, output: 2 } });

    expect((await loadModelCatalog({ HOME: folder })).find("mine")).toEqual({});
    await mkdir(join(folder, ".config", "codeact"), { recursive: true });
    await writeFile(join(folder, ".config", "codeact", "models.json"), text);
    expect((await loadModelCatalog({ HOME: folder })).find("mine").price?.output).toBe(2);
  });

  it("says what is wrong with a file", async () => {
    await expect(loadModelCatalog({ CODEACT_MODELS: join(folder, "no") })).rejects.toMatchObject({
      code: "file_not_found",
      message: `There is no model catalog ${join(folder, "no")}.`,
    });
    const wrong = (text: string) => () => parseCatalog(text, "m.json");
    expect(wrong("{")).toThrow("The model catalog m.json is not JSON.");
    expect(wrong("[]")).toThrow("The model catalog m.json is not valid: Invalid input: expected");
    expect(wrong('{"models":[{"pattern":"a"},{"pattern":"b","contextTokens":-1}]}')).toThrow(
      "The model catalog m.json is not valid: entry 2 contextTokens: Too small",
    );
    expect(wrong('{"models":[{"pattern":"a","price":1}]}')).toThrow(
      'The model catalog m.json is not valid: entry 1: Unrecognized key: "price".',
    );
  });
});

describe("costOf", () => {
  it("charges each kind of token its price", () => {
    const price = { input: 3, output: 15, cachedInput: 0.3, cacheWrite: 3.75 };
    const usage = {
      inputTokens: 1_000_000,
      outputTokens: 100_000,
      cachedInputTokens: 500_000,
      cacheWriteTokens: 200_000,
    };
    expect(costOf(usage, price)).toBeCloseTo(0.9 + 0.15 + 0.75 + 1.5, 12);
    expect(costOf(usage, { input: 3, output: 15 })).toBeCloseTo(4.5, 12);
  });

  it("adds up usage", () => {
    const one = { inputTokens: 1, outputTokens: 2 };
    expect(addUsage(one, one)).toEqual({ inputTokens: 2, outputTokens: 4 });
    expect(addUsage(one, { ...one, cachedInputTokens: 1 })).toEqual({
      inputTokens: 2,
      outputTokens: 4,
      cachedInputTokens: 1,
    });
  });
});
