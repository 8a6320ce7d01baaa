import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { describe, expect, it } from "vitest";
import { collect, expectError, hello, secretKey } from "../../test/converse-with-model.ts";
import {
  finishChunk,
  startScriptedServer,
  textChunk,
  textReply,
  type ScriptedReply,
} from "../../test/scripted-openai-server.ts";
import { createAISDKModel, type AISDKModelOptions } from "./ai-sdk-model.ts";
import { textMessage, type ModelRequest } from "./model.ts";

/** Runs one request through AI SDK's OpenAI-compatible provider. */
async function converse(
  replies: readonly ScriptedReply[],
  request: ModelRequest = hello,
  options: AISDKModelOptions = {},
) {
  await using server = await startScriptedServer(replies);
  const provider = createOpenAICompatible({
    name: "acme",
    baseURL: server.baseUrl,
    apiKey: secretKey,
    includeUsage: true,
  });
  const waits: number[] = [];
  const model = createAISDKModel(provider("test-model"), {
    apiKey: secretKey,
    apiKeyName: "ACME_API_KEY",
    sleep: async (ms) => {
      waits.push(ms);
    },
    random: () => 0,
    ...options,
  });
  const run = await collect(model, request);
  return { ...run, waits, requests: server.requests, model };
}

const toolChunk = (call: object) => ({ choices: [{ index: 0, delta: { tool_calls: [call] } }] });

describe("createAISDKModel", () => {
  it("streams text, usage and the reason", async () => {
    const run = await converse([textReply("Hel", "lo", " 😀")]);
    expect(run.events).toEqual([
      { type: "text-delta", text: "Hel" },
      { type: "text-delta", text: "lo" },
      { type: "text-delta", text: " 😀" },
      { type: "usage", usage: { inputTokens: 7, outputTokens: 3 } },
      { type: "finish", reason: "stop" },
    ]);
    expect(run.model).toMatchObject({ id: "test-model", capabilities: { images: false } });
  });

  it("sends the conversation, tool calls and their results included", async () => {
    const image = { type: "image", mediaType: "image/png", data: "AAAA" } as const;
    const run = await converse(
      [textReply("ok")],
      {
        messages: [
          textMessage("system", "Be brief."),
          { role: "user", content: [{ type: "text", text: "See" }, image] },
          {
            role: "assistant",
            content: [
              { type: "text", text: "I call." },
              { type: "tool-call", id: "c1", name: "execute_python", arguments: '{"code":"1"}' },
              { type: "tool-call", id: "c2", name: "execute_python", arguments: "not JSON" },
            ],
          },
          {
            role: "user",
            content: [
              { type: "tool-result", callId: "c1", content: [{ type: "text", text: "1" }, image] },
              { type: "tool-result", callId: "c2", content: [{ type: "text", text: "2" }] },
              { type: "text", text: "Go on." },
            ],
          },
        ],
        stop: ["a", "b", "c", "d", "e"],
        temperature: 0.5,
        maxOutputTokens: 99,
        tools: [{ name: "execute_python", description: "Runs.", parameters: { type: "object" } }],
      },
      { images: true },
    );
    const picture = { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } };
    const call = (id: string, args: string) => ({
      id,
      type: "function",
      function: { name: "execute_python", arguments: args },
    });
    expect(run.requests[0]?.body).toMatchObject({
      model: "test-model",
      stream: true,
      stop: ["a", "b", "c", "d"],
      temperature: 0.5,
      max_tokens: 99,
      tools: [{ type: "function", function: { name: "execute_python", description: "Runs." } }],
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: [{ type: "text", text: "See" }, picture] },
        {
          role: "assistant",
          content: "I call.",
          tool_calls: [call("c1", '{"code":"1"}'), call("c2", '{"arguments":"not JSON"}')],
        },
        { role: "tool", tool_call_id: "c1", content: "1" },
        { role: "tool", tool_call_id: "c2", content: "2" },
        { role: "user", content: [picture, { type: "text", text: "Go on." }] },
      ],
    });
  });

  it("streams tool calls in pieces", async () => {
    const run = await converse([
      {
        chunks: [
          textChunk("I call."),
          toolChunk({ index: 0, id: "c1", function: { name: "execute_python", arguments: "" } }),
          toolChunk({ index: 0, function: { arguments: '{"code":' } }),
          toolChunk({ index: 0, function: { arguments: '"1+1"}' } }),
          toolChunk({ index: 1, id: "c2", function: { name: "other", arguments: "{}" } }),
          finishChunk("tool_calls"),
        ],
      },
    ]);
    const calls = run.events.flatMap((event) => (event.type === "tool-call-delta" ? [event] : []));
    expect(run.text).toBe("I call.");
    expect(calls.filter(({ id }) => id !== undefined)).toMatchObject([
      { index: 0, id: "c1", name: "execute_python" },
      { index: 1, id: "c2", name: "other" },
    ]);
    const written = [0, 1].map((index) =>
      calls.map((call) => (call.index === index ? call.arguments : "")).join(""),
    );
    expect(written).toEqual(['{"code":"1+1"}', "{}"]);
    expect(run.finish).toEqual({ type: "finish", reason: "stop" });
  });

  it("ends before a stop string, wherever the pieces are cut", async () => {
    const run = await converse([textReply("a</exe", "cute>b")], { ...hello, stop: ["</execute>"] });
    expect(run.text).toBe("a");
    expect(run.finish).toEqual({ type: "finish", reason: "stop" });
  });

  it("keeps the text of a stream that was cut", async () => {
    for (const ending of ["end", "cut"] as const) {
      const run = await converse([{ chunks: [textChunk("par"), textChunk("tial")], ending }]);
      expect(run.text).toBe("partial");
      expect(run.finish).toMatchObject({ reason: "error" });
      expect(run.requests).toHaveLength(1);
    }
  });

  it("retries, as the server asks", async () => {
    const busy = {
      status: 429,
      headers: { "retry-after": "3" },
      body: { error: { message: "x" } },
    };
    const run = await converse([{ refuse: true }, busy, { status: 503, body: "" }, textReply("a")]);
    expect(run.text).toBe("a");
    expect(run.waits).toEqual([500, 3000, 2000]);
  });

  it("leaves out a temperature that the model refuses", async () => {
    const message = "Unsupported parameter: 'temperature' is not supported with this model.";
    const refusal = { status: 400, body: { error: { message } } };
    const run = await converse([refusal, textReply("a")], { ...hello, temperature: 0 });
    expect(run.text).toBe("a");
    expect(run.requests[0]?.body).toHaveProperty("temperature", 0);
    expect(run.requests[1]?.body).not.toHaveProperty("temperature");
  });

  it("turns failures into one sentence", async () => {
    const message = `Incorrect API key provided: ${secretKey}`;
    const fail = (status: number, error: object) =>
      converse([{ status, body: { error } }], hello, { maxRetries: 0 });
    expectError(
      await fail(401, { message }),
      "model_auth_failed",
      /^The model server of acme refused the API key\.$/,
    );
    expectError(await fail(404, { message: "no" }), "model_not_found", /no model named test-model/);
    expectError(await fail(429, { message: "slow" }), "model_rate_limited", /of acme/);
    expectError(
      await fail(400, { message: `too long ${secretKey} context length exceeded` }),
      "model_context_exceeded",
      /^The conversation is too long for test-model/,
    );
    expectError(
      await converse([{ refuse: true }], hello, { maxRetries: 0 }),
      "model_unreachable",
      /^The connection to the model server at 127\.0\.0\.1:\d+ failed/,
    );
    expectError(
      await converse([{ chunks: [], ending: "hang" }], hello, {
        maxRetries: 0,
        firstByteTimeoutMs: 50,
      }),
      "model_timeout",
      /^test-model of acme did not start its reply within 0\.05 s\.$/,
    );
  });

  it("stops when the signal fires, and lets the server know", async () => {
    await using server = await startScriptedServer([{ chunks: [textChunk("a")], ending: "hang" }]);
    const provider = createOpenAICompatible({ name: "acme", baseURL: server.baseUrl });
    const model = createAISDKModel(provider("m"));
    const controller = new AbortController();
    const events: unknown[] = [];
    for await (const event of model.stream({ ...hello, signal: controller.signal })) {
      events.push(event);
      controller.abort();
    }
    expect(events).toEqual([
      { type: "text-delta", text: "a" },
      { type: "usage", usage: { inputTokens: 6, outputTokens: 1, estimated: true } },
      { type: "finish", reason: "aborted" },
    ]);
    expect(await server.requests[0]?.abandoned).toBe(true);
  });

  it("cancels the request when nobody reads on", async () => {
    await using server = await startScriptedServer([{ chunks: [textChunk("a")], ending: "hang" }]);
    const provider = createOpenAICompatible({ name: "acme", baseURL: server.baseUrl });
    for await (const _ of createAISDKModel(provider("m")).stream(hello)) break;
    expect(await server.requests[0]?.abandoned).toBe(true);
  });

  it("leaves behind a language model that ignores its signal", async () => {
    const controller = new AbortController();
    const deaf = {
      specificationVersion: "v4",
      provider: "deaf",
      modelId: "m",
      doStream: () => new Promise<never>(() => {}),
    };
    setTimeout(() => controller.abort(), 10);
    const run = await collect(createAISDKModel(deaf), { ...hello, signal: controller.signal });
    expect(run.finish).toEqual({ type: "finish", reason: "aborted" });
  });

  it.each(["v2", "v3"])("takes language models of the specification %s", async (version) => {
    const flat = { inputTokens: 5, outputTokens: 6, cachedInputTokens: 2 };
    const nested = { inputTokens: { total: 5, cacheRead: 2 }, outputTokens: { total: 6 } };
    const finish =
      version === "v2"
        ? { type: "finish", usage: flat, finishReason: "tool-calls" }
        : {
            type: "finish",
            usage: nested,
            finishReason: { unified: "tool-calls", raw: "tool_use" },
          };
    const asked: unknown[] = [];
    const image = { type: "image", mediaType: "image/png", data: "AAAA" } as const;
    const model = createAISDKModel(
      {
        specificationVersion: version,
        provider: "old.chat",
        modelId: "m",
        async doStream(options: object) {
          asked.push(options);
          const parts = [
            { type: "stream-start", warnings: [] },
            { type: "text-start", id: "1" },
            { type: "text-delta", id: "1", delta: "Hi" },
            { type: "tool-call", toolCallId: "c", toolName: "t", input: "{}" },
            finish,
          ];
          return {
            stream: new ReadableStream({
              start(stream) {
                for (const part of parts) stream.enqueue(part);
                stream.close();
              },
            }),
          };
        },
      },
      { images: true },
    );
    expect(
      (await collect(model, { messages: [{ role: "user", content: [image] }] })).events,
    ).toEqual([
      { type: "text-delta", text: "Hi" },
      { type: "tool-call-delta", index: 0, id: "c", name: "t", arguments: "{}" },
      { type: "usage", usage: { inputTokens: 5, outputTokens: 6, cachedInputTokens: 2 } },
      { type: "finish", reason: "stop" },
    ]);
    expect(asked[0]).toMatchObject({
      prompt: [{ role: "user", content: [{ type: "file", mediaType: "image/png", data: "AAAA" }] }],
    });
  });

  it("refuses what is no language model", () => {
    const make = (value: unknown) => () => createAISDKModel(value as never);
    expect(make("openai/gpt-5")).toThrow(
      "The name openai/gpt-5 is not a language model of the AI SDK.",
    );
    expect(make({ specificationVersion: "v1", doStream() {} })).toThrow(
      "Version v1 of the AI SDK's language models is not supported.",
    );
  });
});
