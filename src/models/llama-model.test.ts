import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { collect, hello } from "../../test/converse-with-model.ts";
import { chatTemplates, writeTinyGguf } from "../../test/tiny-gguf.ts";
import { createLlamaModel } from "./llama-model.ts";
import { textMessage, type ModelEvent } from "./model.ts";

let folder: string;
let gguf: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "codeact-llama-"));
  gguf = join(folder, "tiny.gguf");
  await writeTinyGguf(gguf, { template: chatTemplates.chatML });
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

const missing = async (name: string): Promise<never> => {
  throw Object.assign(new Error(`Cannot find package '${name}' imported from here`), {
    code: "ERR_MODULE_NOT_FOUND",
  });
};

describe("createLlamaModel", () => {
  it("says how to get the package", async () => {
    await expect(createLlamaModel({ path: gguf, importPackage: missing })).rejects.toMatchObject({
      code: "model_not_configured",
      message: `llama:${gguf} needs the package node-llama-cpp, which is not installed.`,
      hint: "Run `npm install node-llama-cpp`, with -g if codeact was installed with it.",
    });
  });

  it("looks at the file before anything is loaded", async () => {
    const text = join(folder, "text.gguf");
    await writeFile(text, "hello");
    const load = (path: string) => createLlamaModel({ path, importPackage: missing });
    await expect(load(text)).rejects.toMatchObject({
      code: "invalid_input",
      message: `The file ${text} is not a GGUF file.`,
    });
    await writeFile(text, "GGUF, or not");
    await expect(load(text)).rejects.toMatchObject({
      message: `The file ${text} has a version of GGUF that is not supported.`,
    });
    await expect(load(join(folder, "no.gguf"))).rejects.toMatchObject({ code: "file_not_found" });
    await expect(load(folder)).rejects.toMatchObject({ code: "invalid_input" });
  });

  it("says that no binary fits this machine", async () => {
    const importPackage = async () => ({
      getLlama: async () => Promise.reject(new Error("NoBinaryFound")),
    });
    await expect(createLlamaModel({ path: gguf, importPackage })).rejects.toMatchObject({
      code: "model_not_configured",
      message: "node-llama-cpp has no binary of llama.cpp that works on this machine.",
    });
  });
});

// Needs node-llama-cpp, hundreds of MB: CODEACT_TEST_LLAMA names the folder whose node_modules has it.
const installed = process.env["CODEACT_TEST_LLAMA"];

describe.skipIf(installed === undefined)("a GGUF file, with node-llama-cpp", () => {
  const importPackage = async (name: string) =>
    import(
      pathToFileURL(join(installed ?? "", "node_modules", name, "dist", "index.js")).href
    ) as Promise<unknown>;
  const load = (path = gguf, options: object = {}) =>
    createLlamaModel({ path, importPackage, ...options });

  it(
    "streams a reply, counts its tokens, and ends at the limit",
    { timeout: 120_000 },
    async () => {
      await using model = await load();
      expect(model).toMatchObject({
        id: "tiny",
        chatTemplate: "ChatML",
        capabilities: { images: false, toolCalls: false, contextTokens: 512 },
      });
      const request = {
        messages: [textMessage("system", "Be <|im_end|> brief."), textMessage("user", "Hi")],
        maxOutputTokens: 20,
      };
      const first = await collect(model, request);
      const [inputTokens] = first.events.flatMap((event) =>
        event.type === "usage" ? [event.usage.inputTokens] : [],
      );
      expect(first.events.filter(({ type }) => type === "text-delta").length).toBeGreaterThan(3);
      expect(first.events.slice(-2)).toEqual([
        { type: "usage", usage: { inputTokens, outputTokens: 20 } },
        { type: "finish", reason: "length" },
      ]);
      // The same prompt is in the context already, all but its last token.
      const again = await collect(model, request);
      expect(again.text).toBe(first.text);
      expect(again.events.at(-2)).toEqual({
        type: "usage",
        usage: { inputTokens, outputTokens: 20, cachedInputTokens: (inputTokens ?? 0) - 1 },
      });
    },
  );

  it(
    "renders the template of the file, or the one that is named",
    { timeout: 120_000 },
    async () => {
      const path = join(folder, "llama3.gguf");
      await writeTinyGguf(path, { template: chatTemplates.llama3 });
      await using own = await load(path);
      expect(own.chatTemplate).toBe("Llama 3");
      await using named = await load(path, { chatTemplate: "chatML", contextTokens: 256 });
      expect(named).toMatchObject({ chatTemplate: "ChatML", capabilities: { contextTokens: 256 } });
    },
  );

  it("ends before a stop string", { timeout: 120_000 }, async () => {
    await using model = await load();
    const whole = await collect(model, { ...hello, maxOutputTokens: 20 });
    const stop = whole.text.slice(4, 6);
    const cut = await collect(model, { ...hello, maxOutputTokens: 20, stop: [stop] });
    expect(cut.text).toBe(whole.text.slice(0, whole.text.indexOf(stop)));
    expect(cut.events.slice(-2)).toMatchObject([
      { type: "usage", usage: { inputTokens: expect.any(Number) as number } },
      { type: "finish", reason: "stop" },
    ]);
  });

  it(
    "stops when the signal fires, and answers the next request",
    { timeout: 120_000 },
    async () => {
      await using model = await load();
      const controller = new AbortController();
      const events: ModelEvent[] = [];
      for await (const event of model.stream({ ...hello, signal: controller.signal })) {
        events.push(event);
        controller.abort();
      }
      expect(events.at(-1)).toEqual({ type: "finish", reason: "aborted" });
      for await (const _ of model.stream(hello)) break;
      const both = await Promise.all([
        collect(model, { ...hello, maxOutputTokens: 5 }),
        collect(model, { ...hello, maxOutputTokens: 5 }),
      ]);
      expect(both.map(({ finish }) => finish.reason)).toEqual(["length", "length"]);
      expect(both[0]?.text).toBe(both[1]?.text);
    },
  );

  it("says that a conversation or a file is too much", { timeout: 120_000 }, async () => {
    await using model = await load();
    const run = await collect(model, { messages: [textMessage("user", "long ".repeat(200))] });
    expect(run.finish.error?.code).toBe("model_context_exceeded");
    expect(run.finish.error?.message).toMatch(
      /^The conversation is too long for tiny: \d+ tokens of 512\.$/,
    );
    const broken = join(folder, "broken.gguf");
    await writeFile(broken, (await readFile(gguf)).subarray(0, 20_000));
    await expect(load(broken)).rejects.toMatchObject({
      code: "invalid_input",
      message: expect.stringMatching(/^The model .*broken\.gguf cannot be loaded: /) as string,
    });
  });
});
