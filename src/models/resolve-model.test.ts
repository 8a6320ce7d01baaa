import { createServer } from "node:net";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { startScriptedServer, textReply } from "../../test/scripted-openai-server.ts";
import { discoverModels } from "./discover-models.ts";
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
});
