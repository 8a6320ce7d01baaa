import { createServer } from "node:net";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import {
  startScriptedServer,
  textReply,
  type ScriptedReply,
} from "../../test/scripted-openai-server.ts";
import { anthropicReply, googleReply } from "../../test/scripted-model-wires.ts";
import { discoverModels } from "./discover-models.ts";
import { createModelCatalog } from "./model-catalog.ts";
import { textMessage, type Model } from "./model.ts";
import { resolveModel } from "./resolve-model.ts";

async function say(model: Model): Promise<string> {
  let text = "";
  for await (const event of model.stream({ messages: [textMessage("user", "Hi")] })) {
    if (event.type === "text-delta") text += event.text;
  }
  return text;
}

/** A port of the loopback at which nothing listens. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

describe("discoverModels", () => {
  it("lists keys first, then the local servers that answer", async () => {
    await using first = await startScriptedServer([], ["nomic-embed-text", "qwen3:8b", "gemma3"]);
    await using empty = await startScriptedServer([], []);
    const closed = `http://127.0.0.1:${await closedPort()}/v1`;
    const found = await discoverModels({
      env: { GROQ_API_KEY: "gsk-1", OPENAI_API_KEY: "sk-1", MISTRAL_API_KEY: "" },
      timeoutMs: 10_000,
      localServers: [
        { name: "closed", baseUrl: closed },
        { name: "empty", baseUrl: empty.baseUrl },
        { name: "ollama", baseUrl: first.baseUrl },
      ],
    });
    expect(found).toEqual([
      {
        provider: "openai",
        baseUrl: "https://api.openai.com/v1",
        apiKeyName: "OPENAI_API_KEY",
        models: ["gpt-5-mini"],
        spec: "openai/gpt-5-mini",
        local: false,
      },
      {
        provider: "groq",
        baseUrl: "https://api.groq.com/openai/v1",
        apiKeyName: "GROQ_API_KEY",
        models: ["openai/gpt-oss-120b"],
        spec: "groq/openai/gpt-oss-120b",
        local: false,
      },
      {
        provider: "ollama",
        baseUrl: first.baseUrl,
        models: ["qwen3:8b", "gemma3"],
        spec: "ollama/qwen3:8b",
        local: true,
      },
    ]);
    expect(JSON.stringify(found)).not.toMatch(/sk-1/);
  });

  it("does not wait for a server that is silent", async () => {
    const silent = createServer().listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port } = silent.address() as AddressInfo;
    const localServers = [{ name: "silent", baseUrl: `http://127.0.0.1:${port}/v1` }];
    expect(await discoverModels({ env: {}, localServers, timeoutMs: 50 })).toEqual([]);
    silent.close();
  });
});

describe("resolveModel", () => {
  it("takes a provider and its model, and sends its key to its address only", async () => {
    await using server = await startScriptedServer([
      textReply("a"),
      textReply("b"),
      textReply("c"),
    ]);
    const env = { OPENAI_API_KEY: "sk-1", OPENAI_BASE_URL: server.baseUrl };
    for (const spec of ["openai/org/gpt-x:1", "openai:org/gpt-x:1"]) {
      const model = await resolveModel(spec, { env });
      expect(model.id).toBe("org/gpt-x:1");
      await say(model);
    }
    expect(server.requests[0]?.headers.authorization).toBe("Bearer sk-1");
    await say(await resolveModel(`${server.baseUrl}#m`, { env: { OPENAI_API_KEY: "sk-1" } }));
    expect(server.requests[2]?.headers.authorization).toBeUndefined();
  });

  it("uses a provider's usual model, and CODEACT_MODEL without a spec", async () => {
    const env = { GROQ_API_KEY: "g", GEMINI_API_KEY: "g", CODEACT_MODEL: "gemini" };
    expect((await resolveModel("groq", { env })).id).toBe("openai/gpt-oss-120b");
    const model = await resolveModel(undefined, { env });
    expect(model).toMatchObject({ id: "gemini-2.5-flash", capabilities: { images: true } });
  });

  it("takes an address, and asks it for its first model", async () => {
    await using server = await startScriptedServer([textReply("hello")], ["served"]);
    const model = await resolveModel(server.baseUrl, { env: {} });
    expect(model.id).toBe("served");
    expect(await say(model)).toBe("hello");
    expect((await resolveModel(`${server.baseUrl}#other`, { env: {} })).id).toBe("other");
  });

  it("finds a local server's model by its name alone, and by its server", async () => {
    await using server = await startScriptedServer([textReply("x"), textReply("y")], ["qwen3:8b"]);
    const localServers = [{ name: "ollama", baseUrl: server.baseUrl }];
    const options = { env: { OPENAI_API_KEY: "k" }, localServers };
    expect(await say(await resolveModel("qwen3:8b", options))).toBe("x");
    expect((await resolveModel("ollama", options)).id).toBe("qwen3:8b");
    expect((await resolveModel("ollama/other", options)).id).toBe("other");
    expect((await resolveModel("gpt-4.1", options)).id).toBe("gpt-4.1");
    expect(await say(await resolveModel(undefined, { env: {}, localServers }))).toBe("y");
    expect(server.requests.at(-1)?.body).toMatchObject({ model: "qwen3:8b" });
  });

  it("speaks Anthropic's and Google's own APIs", async () => {
    await using server = await startScriptedServer([
      anthropicReply([{ text: ["from Claude"] }]),
      googleReply([{ text: "from Gemini" }]),
      googleReply([{ text: "again" }]),
    ]);
    const env = {
      ANTHROPIC_API_KEY: "sk-ant-1",
      ANTHROPIC_BASE_URL: server.baseUrl.replace("/v1", "/"),
      GEMINI_API_KEY: "AIza1",
      GOOGLE_GENERATIVE_AI_BASE_URL: server.baseUrl,
    };
    const claude = await resolveModel("anthropic/claude-haiku-4-5", { env });
    expect(claude).toMatchObject({
      id: "claude-haiku-4-5",
      capabilities: { images: true, contextTokens: 200_000, toolCalls: true },
      price: { input: 1, output: 5 },
    });
    expect(await say(claude)).toBe("from Claude");
    expect(await say(await resolveModel("google", { env }))).toBe("from Gemini");
    const other = { ...env, GOOGLE_GENERATIVE_AI_API_KEY: "AIza2" };
    expect(await say(await resolveModel("google:gemini-2.5-pro", { env: other }))).toBe("again");
    expect(server.requests.map(({ path, headers }) => [path, headers["x-goog-api-key"]])).toEqual([
      ["/v1/messages", undefined],
      ["/v1/models/gemini-3.8-flash:streamGenerateContent?alt=sse", "AIza1"],
      ["/v1/models/gemini-2.5-pro:streamGenerateContent?alt=sse", "AIza2"],
    ]);
    expect(server.requests[0]?.headers["x-api-key"]).toBe("sk-ant-1");
    expect(server.requests[0]?.body).toMatchObject({ max_tokens: 64_000 });
  });

  it("says which package is missing", async () => {
    const importPackage = async (name: string) =>
      Promise.reject(
        Object.assign(new Error(`Cannot find package '${name}'`), { code: "ERR_MODULE_NOT_FOUND" }),
      );
    const env = { ANTHROPIC_API_KEY: "k" };
    await expect(resolveModel("anthropic", { env, importPackage })).rejects.toMatchObject({
      code: "model_not_configured",
      message:
        "anthropic/claude-sonnet-5-5 needs the package @ai-sdk/anthropic, which is not installed.",
      hint: "Run `npm install @ai-sdk/anthropic`, with -g if codeact was installed with it.",
    });
  });

  it("learns from the server and the catalog what a model holds and costs", async () => {
    await using server = await startScriptedServer(
      [],
      ["qwen3:8b", { id: "served", max_model_len: 8192 }, "gpt-5-mini"],
    );
    const localServers = [{ name: "vllm", baseUrl: server.baseUrl }];
    const catalog = createModelCatalog([
      { pattern: "vllm/gpt-5-mini", contextTokens: 1000, usdPerMillion: { input: 1, output: 1 } },
    ]);
    const options = { env: {}, localServers, catalog, timeoutMs: 10_000 };
    const resolve = (spec: string) => resolveModel(spec, options);
    const told = await resolve(`${server.baseUrl}#served`);
    expect(told.capabilities).toEqual({ images: false, contextTokens: 8192 });
    // A server of one's own may give the model less room than it could hold.
    const local = await resolve("vllm/qwen3:8b");
    expect(local).toMatchObject({ capabilities: { images: false, toolCalls: true } });
    expect(local.capabilities.contextTokens).toBeUndefined();
    const own = await resolve("vllm/gpt-5-mini");
    expect(own).toMatchObject({ capabilities: { contextTokens: 1000 }, price: { input: 1 } });
    const env = { OPENAI_API_KEY: "k" };
    expect(await resolveModel("openai/gpt-5-mini", { env, catalog })).toMatchObject({
      capabilities: { images: true, contextTokens: 400_000, toolCalls: true },
      price: { input: 0.25, output: 2 },
    });
    const elsewhere = { ...env, OPENAI_BASE_URL: server.baseUrl };
    const gateway = await resolveModel("openai/gpt-5-mini", { env: elsewhere, catalog });
    expect(gateway.capabilities.contextTokens).toBe(400_000);
    expect(gateway.price).toBeUndefined();
  });

  it("replays a file", async () => {
    const folder = await mkdtemp(join(tmpdir(), "codeact-resolve-"));
    const path = join(folder, "demo.jsonl");
    await writeFile(path, '{"text":"recorded"}\n');
    expect(await say(await resolveModel(`replay:${path}`, { env: {} }))).toBe("recorded");
    await rm(folder, { recursive: true });
  });

  it("says what to do when there is nothing", async () => {
    const options = { env: {}, localServers: [] };
    await expect(resolveModel(undefined, options)).rejects.toMatchObject({
      code: "model_not_configured",
      hint: expect.stringContaining("OPENAI_API_KEY") as string,
    });
    await expect(resolveModel("gpt-5", options)).rejects.toMatchObject({
      code: "model_not_configured",
      message: "No model named gpt-5 is to be had here.",
    });
    await expect(resolveModel("groq/x", options)).rejects.toMatchObject({
      code: "model_not_configured",
      hint: "Set GROQ_API_KEY.",
    });
    const closed = `http://127.0.0.1:${await closedPort()}/v1`;
    await expect(resolveModel(closed, options)).rejects.toMatchObject({
      code: "model_unreachable",
      message: `No model server answers at ${closed}.`,
    });
  });

  it.each<[ScriptedReply, object]>([
    [
      { body: { object: "list", data: null } },
      { code: "model_not_found", message: /^The model server at .* has no model\.$/ },
    ],
    [
      { status: 503, body: { error: { message: "Loading model" } } },
      { code: "model_unreachable", message: /is not ready/, hint: /^Wait/ },
    ],
    [
      { status: 401, body: {} },
      { code: "model_auth_failed", hint: /OPENAI_API_KEY/ },
    ],
    [
      { status: 404, body: "404 page not found" },
      { code: "model_unreachable", message: /status 404/, hint: /end in \/v1/ },
    ],
  ])("says why a server's first model can't be had: %j", async (reply, expected) => {
    await using server = await startScriptedServer([reply], "scripted");
    const error: unknown = await resolveModel(server.baseUrl, { env: {} }).catch(
      (cause: unknown) => cause,
    );
    expect(error).toMatchObject(
      Object.fromEntries(
        Object.entries(expected).map(([name, value]: [string, unknown]) => [
          name,
          value instanceof RegExp ? (expect.stringMatching(value) as unknown) : value,
        ]),
      ),
    );
  });
});
