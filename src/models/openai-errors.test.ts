import { describe, expect, it } from "vitest";
import {
  collect,
  converse,
  expectError,
  hello,
  secretKey,
} from "../../test/converse-with-model.ts";
import {
  startScriptedServer,
  textChunk,
  textReply,
  usageChunk,
} from "../../test/scripted-openai-server.ts";
import type { ErrorCode } from "../errors.ts";
import type { ModelEvent } from "./model.ts";
import { createOpenAIModel } from "./openai-model.ts";

describe("failures", () => {
  it.each<[number, object | string, ErrorCode, RegExp]>([
    [
      401,
      { error: { message: `Incorrect API key provided: ${secretKey}` } },
      "model_auth_failed",
      /refused the API key/,
    ],
    [403, "no", "model_auth_failed", /refused the API key/],
    [
      404,
      { error: { message: "no such model" } },
      "model_not_found",
      /127\.0\.0\.1:\d+\/v1 has no model named test-model/,
    ],
    [
      400,
      { error: { message: "maximum context length is 8192 tokens" } },
      "model_context_exceeded",
      /too long for test-model/,
    ],
    [
      400,
      {
        error:
          "The number of tokens to keep is greater than the context length (n_keep: 9>= n_ctx: 4).",
      },
      "model_context_exceeded",
      /too long for test-model: The number of tokens to keep/,
    ],
    [
      413,
      { error: { message: "Shorten it.", code: "context_length_exceeded" } },
      "model_context_exceeded",
      /too long for test-model: Shorten it/,
    ],
    [
      400,
      { error: { message: `bad thing with ${secretKey}\nsecond line` } },
      "model_failed",
      /status 400: bad thing with \*\*\* second line\.$/,
    ],
    [503, "<html>down</html>", "model_failed", /failed with status 503/],
  ])("with status %i name the cause", async (status, body, code, message) => {
    const run = await converse([{ status, body }], hello, { maxRetries: 0 });
    expectError(run, code, message);
  });

  it("tell a context that all conversations share, which is worth another try, from one that is too small", async () => {
    const full = (message: string) => ({ status: 500, body: { error: { message, code: 500 } } });
    const shared = full("Context size has been exceeded.");
    const options = { sleep: async () => undefined, maxRetries: 1 };
    expect((await converse([shared, textReply("ok")], hello, options)).text).toBe("ok");
    const run = await converse([shared, shared], hello, options);
    expectError(run, "model_context_exceeded", /^The conversations .* at once are too long for/);
    expect(run.finish.error?.details).toMatchObject({ reason: "shared-context" });
    const own = full("Requested tokens (1900) exceed context window of 512");
    const { finish, requests } = await converse([own, textReply("ok")], hello, options);
    expect([finish.error?.code, requests.length]).toEqual(["model_context_exceeded", 1]);
    expect(finish.error?.details).not.toHaveProperty("reason");
  });

  it("name the variable of the key", async () => {
    const run = await converse([{ status: 401, body: {} }]);
    expect(run.finish.error?.hint).toContain("TEST_API_KEY");
  });

  it("name the address at which nothing answers", async () => {
    const { server, model } = await converse([textReply("ok")]);
    const run = await collect(model);
    expectError(
      run,
      "model_unreachable",
      /Nothing answers at 127\.0\.0\.1:\d+: the connection was refused/,
    );
    expect(run.finish.error?.message).toContain(new URL(server.baseUrl).host);
  });

  it("include a first event that does not come in time", async () => {
    const options = { firstByteTimeoutMs: 60, maxRetries: 0 };
    const late = await converse([{ delayMs: 500 }], hello, options);
    expectError(late, "model_timeout", /did not start/);
    expectError(
      await converse([{ ending: "hang" }], hello, options),
      "model_timeout",
      /did not start/,
    );
  });

  it("include a stream that stands still, and keep its text", async () => {
    const reply = { chunks: [textChunk("so far")], ending: "hang" } as const;
    const run = await converse([reply], hello, { idleTimeoutMs: 60 });
    expect(run.text).toBe("so far");
    expectError(run, "model_timeout", /nothing more/);
  });

  it("include an address that is none", () => {
    expect(() => createOpenAIModel({ model: "m", baseUrl: "localhost:8000" })).toThrow(
      expect.objectContaining({ code: "invalid_input" }),
    );
  });
});

describe("cancellation", () => {
  it("by the signal ends the request and keeps the text", async () => {
    await using server = await startScriptedServer([
      { chunks: [textChunk("a"), usageChunk(1, 1)], ending: "hang" },
    ]);
    const model = createOpenAIModel({ model: "m", baseUrl: server.baseUrl });
    const controller = new AbortController();
    const events: ModelEvent[] = [];
    for await (const event of model.stream({ ...hello, signal: controller.signal })) {
      events.push(event);
      if (event.type === "text-delta") setTimeout(() => controller.abort(), 20);
    }
    expect(events.at(0)).toEqual({ type: "text-delta", text: "a" });
    expect(events.at(-1)).toEqual({ type: "finish", reason: "aborted" });
    expect(await server.requests[0]?.abandoned).toBe(true);
  });

  it("before the request sends none", async () => {
    const run = await converse([], { ...hello, signal: AbortSignal.abort() });
    expect(run.events).toEqual([{ type: "finish", reason: "aborted" }]);
    expect(run.requests).toEqual([]);
  });

  it("while waiting for a retry ends the wait", async () => {
    await using server = await startScriptedServer([
      { status: 429, headers: { "retry-after": "60" }, body: {} },
    ]);
    const model = createOpenAIModel({ model: "m", baseUrl: server.baseUrl });
    const run = await collect(model, { ...hello, signal: AbortSignal.timeout(100) });
    expect(run.finish).toEqual({ type: "finish", reason: "aborted" });
  });

  it("by ending the iteration ends the request", async () => {
    await using server = await startScriptedServer([{ chunks: [textChunk("a")], ending: "hang" }]);
    const model = createOpenAIModel({ model: "m", baseUrl: server.baseUrl });
    for await (const event of model.stream(hello)) {
      expect(event).toEqual({ type: "text-delta", text: "a" });
      break;
    }
    expect(await server.requests[0]?.abandoned).toBe(true);
  });
});
