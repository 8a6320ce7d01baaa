import { describe, expect, it } from "vitest";
import {
  collect,
  converse,
  expectError,
  hello,
  secretKey,
} from "../../test/converse-with-model.ts";
import {
  finishChunk,
  startScriptedServer,
  textChunk,
  textReply,
} from "../../test/scripted-openai-server.ts";
import { textMessage } from "./model.ts";
import { createOpenAIModel } from "./openai-model.ts";

describe("createOpenAIModel", () => {
  it("streams text, usage and the reason", async () => {
    const run = await converse([textReply("Hel", "lo", " 😀")]);
    expect(run.events).toEqual([
      { type: "text-delta", text: "Hel" },
      { type: "text-delta", text: "lo" },
      { type: "text-delta", text: " 😀" },
      { type: "usage", usage: { inputTokens: 7, outputTokens: 3 } },
      { type: "finish", reason: "stop" },
    ]);
  });

  it("sends what the request asks for", async () => {
    const run = await converse(
      [textReply("ok")],
      {
        messages: [
          textMessage("system", "Be brief."),
          {
            role: "user",
            content: [
              { type: "text", text: "See" },
              { type: "image", mediaType: "image/png", data: "AAAA" },
            ],
          },
          textMessage("assistant", "Yes"),
        ],
        stop: ["a", "b", "c", "d", "e"],
        temperature: 0.5,
        maxOutputTokens: 99,
      },
      { images: true },
    );
    expect(run.requests[0]).toMatchObject({
      method: "POST",
      path: "/v1/chat/completions",
      headers: { authorization: `Bearer ${secretKey}` },
    });
    expect(run.requests[0]?.body).toEqual({
      model: "test-model",
      stream: true,
      stream_options: { include_usage: true },
      messages: [
        { role: "system", content: "Be brief." },
        {
          role: "user",
          content: [
            { type: "text", text: "See" },
            { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } },
          ],
        },
        { role: "assistant", content: "Yes" },
      ],
      stop: ["a", "b", "c", "d"],
      temperature: 0.5,
      max_tokens: 99,
    });
  });

  it("sends no pictures to a model that does not see, and no key where there is none", async () => {
    await using server = await startScriptedServer([textReply("ok")]);
    const model = createOpenAIModel({ model: "m", baseUrl: `${server.baseUrl}/` });
    const image = { type: "image", mediaType: "image/png", data: "AAAA" } as const;
    await collect(model, {
      messages: [{ role: "user", content: [{ type: "text", text: "See" }, image] }],
    });
    expect(server.requests[0]?.headers.authorization).toBeUndefined();
    expect(server.requests[0]?.body).toMatchObject({
      messages: [{ role: "user", content: "See" }],
    });
  });

  it("tolerates what servers add and leave out", async () => {
    const run = await converse([
      {
        chunks: [
          ": a comment\n\n",
          { choices: [{ delta: { role: "assistant", content: null } }] },
          { choices: [{ delta: { reasoning_content: "hm", content: null } }] },
          { choices: [] },
          { choices: null, usage: null },
          { choices: [{ delta: null }] },
          {
            choices: [{ delta: { content: [{ type: "text", text: "a" }, { type: "thinking" }] } }],
          },
          textChunk("b"),
          { choices: [{ delta: { content: "" }, finish_reason: "" }] },
          finishChunk("length"),
        ],
        ending: "end",
      },
    ]);
    expect(run.events).toEqual([
      { type: "text-delta", text: "a" },
      { type: "text-delta", text: "b" },
      { type: "finish", reason: "length" },
    ]);
  });

  it.each([
    ["content_filter", "content-filter"],
    ["tool_calls", "stop"],
    ["eos", "stop"],
  ])("maps the reason %s to %s", async (sent, reason) => {
    const run = await converse([{ chunks: [textChunk("a"), finishChunk(sent)] }]);
    expect(run.finish).toEqual({ type: "finish", reason });
  });

  it("keeps the text of a stream that was cut", async () => {
    for (const ending of ["end", "cut"] as const) {
      const run = await converse([{ chunks: [textChunk("par"), textChunk("tial")], ending }]);
      expect(run.text).toBe("partial");
      expect(run.finish).toMatchObject({ reason: "error" });
      expect(run.requests).toHaveLength(1);
    }
  });

  it("says that a cut stream was cut", async () => {
    expectError(
      await converse([{ chunks: [textChunk("a")], ending: "end" }]),
      "model_failed",
      /ended before it was complete/,
    );
    expectError(
      await converse([{ chunks: [textChunk("a")], ending: "cut" }]),
      "model_unreachable",
      /connection to the model server at 127\.0\.0\.1:\d+ failed/,
    );
  });

  it("accepts a connection that breaks after the reply was complete", async () => {
    const run = await converse([
      { chunks: [textChunk("all"), finishChunk("stop")], ending: "cut" },
    ]);
    expect(run).toMatchObject({ text: "all", finish: { reason: "stop" } });
  });

  it("reports broken JSON and keeps the text", async () => {
    const run = await converse([{ chunks: [textChunk("a"), 'data: {"choices": [\n\n'] }]);
    expect(run.text).toBe("a");
    expectError(run, "model_failed", /could not be read/);
  });

  it("reports an error that comes within the stream", async () => {
    const failure = { error: { code: 400, message: "upstream is confused" } };
    const run = await converse([{ chunks: [textChunk("a"), failure] }]);
    expect(run.text).toBe("a");
    expectError(run, "model_failed", /upstream is confused/);
  });
});

describe("stop strings", () => {
  const stop = ["</execute>", "\nExecution Output:"];

  it("end the text wherever the pieces are cut, and the request", async () => {
    for (const pieces of [
      ["x</execute>after"],
      ["x</exe", "cute>af", "ter"],
      [..."x</execute>after"],
    ]) {
      await using server = await startScriptedServer([
        { chunks: pieces.map(textChunk), ending: "hang" },
      ]);
      const model = createOpenAIModel({ model: "m", baseUrl: server.baseUrl });
      const run = await collect(model, { ...hello, stop });
      expect(run).toMatchObject({ text: "x", finish: { reason: "stop" } });
      expect(await server.requests[0]?.abandoned).toBe(true);
      // The server had no time to tell what it has counted.
      const usage = { inputTokens: 6, outputTokens: expect.any(Number), estimated: true };
      expect(run.events.at(-2)).toEqual({ type: "usage", usage });
    }
  });

  it("let text go that only looked like one", async () => {
    const run = await converse([textReply("a </exec", "ution> b\nExecution")], { ...hello, stop });
    expect(run.text).toBe("a </execution> b\nExecution");
  });
});

describe("retries", () => {
  it("wait longer each time and then succeed", async () => {
    const run = await converse([
      { status: 500, body: "oops" },
      { status: 429, body: { error: { message: "slow" } } },
      { refuse: true },
      { chunks: [], ending: "cut" },
      textReply("ok"),
    ]);
    expect(run).toMatchObject({ text: "ok", finish: { reason: "stop" } });
    expect(run.waits).toEqual([500, 1000, 2000, 4000]);
  });

  it("obey Retry-After", async () => {
    const limited = (headers: Record<string, string>) => ({ status: 429, headers, body: {} });
    const run = await converse([
      limited({ "retry-after": "3" }),
      limited({ "retry-after": "Thu, 01 Jan 2026 00:00:09 GMT" }),
      limited({ "retry-after-ms": "20" }),
      textReply("ok"),
    ]);
    expect(run.text).toBe("ok");
    expect(run.waits).toEqual([3000, 9000, 20]);
  });

  it("end when the server asks for too long a wait", async () => {
    const run = await converse([{ status: 429, headers: { "retry-after": "4000" }, body: {} }]);
    expectError(run, "model_rate_limited", /limits the rate/);
    expect(run.waits).toEqual([]);
  });

  it("end after maxRetries", async () => {
    const limited = { status: 429, body: { error: { message: "slow" } } };
    const run = await converse([limited, limited, limited], hello, { maxRetries: 2 });
    expectError(run, "model_rate_limited", /limits the rate/);
    expect(run.requests).toHaveLength(3);
  });

  it("do not happen for what will not change", async () => {
    const quota = { error: { code: "insufficient_quota", message: "You are out of money" } };
    const run = await converse([{ status: 429, body: quota }]);
    expectError(run, "model_failed", /quota/);
    expect(run.requests).toHaveLength(1);
  });

  it("leave out parameters that the server refuses, for this and later requests", async () => {
    const refuse = (message: string) => ({ status: 400, body: { error: { message } } });
    await using server = await startScriptedServer([
      refuse("Unsupported parameter: 'stop' is not supported with this model."),
      refuse("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."),
      textReply("one"),
      textReply("two"),
    ]);
    const model = createOpenAIModel({ model: "m", baseUrl: server.baseUrl });
    const request = { ...hello, stop: ["x"], maxOutputTokens: 5 };
    expect((await collect(model, request)).text).toBe("one");
    expect((await collect(model, request)).text).toBe("two");
    expect(server.requests).toHaveLength(4);
    for (const { body } of server.requests.slice(2)) {
      expect(body).toHaveProperty("max_completion_tokens", 5);
      expect(body).not.toHaveProperty("max_tokens");
      expect(body).not.toHaveProperty("stop");
    }
  });
});
