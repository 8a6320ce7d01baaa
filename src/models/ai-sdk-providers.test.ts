import { createAnthropic } from "@ai-sdk/anthropic";
import { createGoogleGenerativeAI } from "@ai-sdk/google";
import { describe, expect, it } from "vitest";
import { collect, expectError, hello } from "../../test/converse-with-model.ts";
import {
  anthropicBlock,
  anthropicReply,
  anthropicStart,
  googleChunk,
  googleReply,
} from "../../test/scripted-model-wires.ts";
import { startScriptedServer, type ScriptedReply } from "../../test/scripted-openai-server.ts";
import { createAISDKModel } from "./ai-sdk-model.ts";
import { textMessage, type ModelRequest } from "./model.ts";

const conversation: ModelRequest = {
  messages: [
    textMessage("system", "Be brief."),
    {
      role: "user",
      content: [
        { type: "text", text: "See" },
        { type: "image", mediaType: "image/png", data: "AAAA" },
      ],
    },
    {
      role: "assistant",
      content: [{ type: "tool-call", id: "c1", name: "execute_python", arguments: '{"code":"1"}' }],
    },
    {
      role: "user",
      content: [
        { type: "tool-result", callId: "c1", content: [{ type: "text", text: "1" }] },
        { type: "text", text: "Go on." },
      ],
    },
  ],
  stop: ["</execute>", "\n"],
  tools: [
    {
      name: "execute_python",
      description: "Runs.",
      parameters: { type: "object", properties: { code: { type: "string" } } },
    },
  ],
};

async function withAnthropic(replies: readonly ScriptedReply[], request = hello) {
  await using server = await startScriptedServer(replies);
  const provider = createAnthropic({ baseURL: server.baseUrl, apiKey: "sk-ant-secret" });
  const model = createAISDKModel(provider("claude-sonnet-4-5"), {
    maxRetries: 0,
    apiKey: "sk-ant-secret",
    apiKeyName: "ANTHROPIC_API_KEY",
  });
  return { ...(await collect(model, request)), model, requests: server.requests };
}

async function withGoogle(replies: readonly ScriptedReply[], request = hello) {
  await using server = await startScriptedServer(replies);
  const provider = createGoogleGenerativeAI({ baseURL: server.baseUrl, apiKey: "AIzaSecret" });
  const model = createAISDKModel(provider("gemini-2.5-flash"), {
    maxRetries: 0,
    apiKey: "AIzaSecret",
    apiKeyName: "GEMINI_API_KEY",
  });
  return { ...(await collect(model, request)), model, requests: server.requests };
}

describe("Anthropic's own API", () => {
  it("streams text, calls and usage; thinking is passed over", async () => {
    const run = await withAnthropic(
      [
        anthropicReply(
          [
            { thinking: "Hm." },
            { text: ["Let me", " run it."] },
            { id: "toolu_1", tool: "execute_python", input: ['{"code"', ': "1+1"}'] },
          ],
          {
            stopReason: "tool_use",
            usage: { cache_read_input_tokens: 100, cache_creation_input_tokens: 30 },
          },
        ),
      ],
      { ...hello, tools: conversation.tools ?? [] },
    );
    expect(run.events).toEqual([
      { type: "text-delta", text: "Let me" },
      { type: "text-delta", text: " run it." },
      { type: "tool-call-delta", index: 0, id: "toolu_1", name: "execute_python", arguments: "" },
      { type: "tool-call-delta", index: 0, arguments: '{"code"' },
      { type: "tool-call-delta", index: 0, arguments: ': "1+1"}' },
      {
        type: "usage",
        usage: {
          inputTokens: 150,
          outputTokens: 12,
          cachedInputTokens: 100,
          cacheWriteTokens: 30,
        },
      },
      { type: "finish", reason: "stop" },
    ]);
    expect(run.model).toMatchObject({
      capabilities: { images: true, contextTokens: 200_000, toolCalls: true },
      price: { input: 3, output: 15 },
    });
  });

  it("sends the conversation, and marks what is worth caching", async () => {
    const run = await withAnthropic([anthropicReply([{ text: ["ok"] }])], conversation);
    const cached = { cache_control: { type: "ephemeral" } };
    expect(run.requests[0]).toMatchObject({
      path: "/v1/messages",
      headers: { "x-api-key": "sk-ant-secret" },
      body: {
        model: "claude-sonnet-4-5",
        stream: true,
        stop_sequences: ["</execute>"],
        system: [{ type: "text", text: "Be brief.", ...cached }],
        tools: [{ name: "execute_python", description: "Runs." }],
        messages: [
          {
            role: "user",
            content: [
              { type: "text", text: "See" },
              { type: "image", source: { type: "base64", media_type: "image/png", data: "AAAA" } },
            ],
          },
          {
            role: "assistant",
            content: [{ type: "tool_use", id: "c1", name: "execute_python", input: { code: "1" } }],
          },
          {
            role: "user",
            content: [
              { type: "tool_result", tool_use_id: "c1", content: "1" },
              { type: "text", text: "Go on.", ...cached },
            ],
          },
        ],
      },
    });
  });

  it("stops where it should", async () => {
    const reason = async (stopReason: string) =>
      (await withAnthropic([anthropicReply([{ text: ["a"] }], { stopReason })])).finish;
    expect(await reason("max_tokens")).toEqual({ type: "finish", reason: "length" });
    expect(await reason("stop_sequence")).toEqual({ type: "finish", reason: "stop" });
    expect(await reason("refusal")).toEqual({ type: "finish", reason: "content-filter" });
  });

  it("turns failures into one sentence", async () => {
    const error = (type: string, message: string) => ({ type: "error", error: { type, message } });
    expectError(
      await withAnthropic([{ status: 401, body: error("authentication_error", "invalid key") }]),
      "model_auth_failed",
      /^The model server of anthropic refused the API key\.$/,
    );
    expectError(
      await withAnthropic([
        {
          status: 400,
          body: error("invalid_request_error", "Your credit balance is too low to access the API."),
        },
      ]),
      "model_failed",
      /^The quota of the account of anthropic is used up\.$/,
    );
    const started = [anthropicStart(), ...anthropicBlock({ text: ["par", "tial"] }, 0).slice(0, 3)];
    const overloaded = await withAnthropic([
      { chunks: [...started, error("overloaded_error", "Overloaded")], ending: "end" },
    ]);
    expect(overloaded.text).toBe("partial");
    expectError(overloaded, "model_failed", /failed with status 529: Overloaded\.$/);
    const cut = await withAnthropic([{ chunks: started, ending: "end" }]);
    expect(cut.text).toBe("partial");
    expectError(cut, "model_failed", /ended before it was complete/);
  });
});

describe("Google's own API", () => {
  it("streams text, calls and usage; thoughts are passed over", async () => {
    const run = await withGoogle(
      [
        googleReply([
          { text: "Hm.", thought: true },
          { text: "Let me" },
          { text: " run it." },
          { functionCall: { name: "execute_python", args: { code: "1+1" } } },
        ]),
      ],
      { ...hello, tools: conversation.tools ?? [] },
    );
    expect(run.text).toBe("Let me run it.");
    const calls = run.events.flatMap((event) => (event.type === "tool-call-delta" ? [event] : []));
    expect(calls[0]).toMatchObject({ index: 0, name: "execute_python" });
    expect(calls.map((call) => call.arguments).join("")).toBe('{"code":"1+1"}');
    expect(run.events.slice(-2)).toEqual([
      {
        type: "usage",
        usage: { inputTokens: 30, outputTokens: 8, cachedInputTokens: 10 },
      },
      { type: "finish", reason: "stop" },
    ]);
    expect(run.model).toMatchObject({
      capabilities: { images: true, contextTokens: 1_048_576 },
      price: { input: 0.3 },
    });
  });

  it("sends the conversation", async () => {
    const run = await withGoogle([googleReply([{ text: "ok" }])], conversation);
    expect(run.requests[0]).toMatchObject({
      path: "/v1/models/gemini-2.5-flash:streamGenerateContent?alt=sse",
      headers: { "x-goog-api-key": "AIzaSecret" },
      body: {
        generationConfig: { stopSequences: ["</execute>"] },
        systemInstruction: { parts: [{ text: "Be brief." }] },
        contents: [
          {
            role: "user",
            parts: [{ text: "See" }, { inlineData: { mimeType: "image/png", data: "AAAA" } }],
          },
          {
            role: "model",
            parts: [{ functionCall: { name: "execute_python", args: { code: "1" } } }],
          },
          {
            role: "user",
            parts: [{ functionResponse: { name: "execute_python" } }],
          },
          { role: "user", parts: [{ text: "Go on." }] },
        ],
      },
    });
  });

  it("turns failures into one sentence", async () => {
    const body = (code: number, message: string, status: string) => ({
      error: { code, message, status },
    });
    expectError(
      await withGoogle([
        {
          status: 400,
          body: body(400, "API key not valid. Please pass a valid API key.", "INVALID_ARGUMENT"),
        },
      ]),
      "model_auth_failed",
      /^The model server of google refused the API key\.$/,
    );
    expectError(
      await withGoogle([{ status: 429, body: body(429, "Quota", "RESOURCE_EXHAUSTED") }]),
      "model_rate_limited",
      /of google/,
    );
    const cut = await withGoogle([{ chunks: [googleChunk([{ text: "par" }])], ending: "end" }]);
    expect(cut.text).toBe("par");
    expectError(cut, "model_failed", /ended before it was complete/);
    const blocked = await withGoogle([googleReply([{ text: "a" }], "SAFETY")]);
    expect(blocked.finish).toEqual({ type: "finish", reason: "content-filter" });
  });
});
