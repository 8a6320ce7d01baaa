import type OpenAI from "openai";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { createBareRuntime } from "../src/execution/runtimes/bare-runtime.ts";
import { createServerApp } from "../src/server/app.ts";
import { listen } from "../src/server/listen.ts";
import { cell, startChatServer, user, type ChatServer } from "./chat-server.ts";
import { textReply } from "./scripted-openai-server.ts";

type ChatMessage = OpenAI.ChatCompletionMessageParam;

const runtime = createBareRuntime();
afterAll(() => runtime.close());

let server: ChatServer;
afterEach(() => server[Symbol.asyncDispose]());

/** Sends a conversation and returns it with the answer. */
async function say(history: readonly ChatMessage[], text: string): Promise<readonly ChatMessage[]> {
  const messages = [...history, user(text)];
  const { choices } = await server.client.chat.completions.create({ model: "m", messages });
  return [...messages, { role: "assistant", content: choices[0]!.message.content }];
}

const lastText = (messages: readonly ChatMessage[]): unknown => messages.at(-1)?.content;

describe("chat completions of the official client", () => {
  it("go on in the interpreter that the history belongs to, with nothing but messages", async () => {
    server = await startChatServer(runtime, [
      cell("x = 20"),
      textReply("It is kept."),
      cell("print(x + 1)"),
      textReply("21."),
    ]);
    const first = await say([{ role: "system", content: "Today is Monday." }], "Keep 20.");
    expect(lastText(first)).toBe("```python\nx = 20\n```\n\nIt is kept.");
    // Clients rewrite their system messages, with the date and more.
    const second = await say(
      [{ role: "system", content: "Today is Tuesday." }, ...first.slice(1)],
      "And one more?",
    );
    expect(lastText(second)).toBe("```python\nprint(x + 1)\n```\n\n```text\n21\n```\n\n21.");
    expect(server.conversations.size).toBe(1);
  });

  it("go on from an earlier moment in a fork, and the later one goes on too", async () => {
    server = await startChatServer(runtime, [
      cell("x = 1"),
      textReply("Kept."),
      cell("x += 10; open('f', 'w').write('ten')"),
      textReply("Ten more."),
      cell("import os; print(x, os.path.exists('f')); x += 100"),
      textReply("Branched."),
      cell("print(x, open('f').read())"),
      textReply("Unchanged."),
      cell("print(x)"),
      textReply("The branch."),
    ]);
    const first = await say([], "Keep 1.");
    const second = await say(first, "Add 10.");
    const edited = await say(first, "Add 100.");
    expect(lastText(edited)).toContain("\n1 False\n");
    expect(lastText(await say(second, "What is it?"))).toContain("\n11 ten\n");
    expect(lastText(await say(edited, "What is it?"))).toContain("\n101\n");
    expect(server.conversations.size).toBe(2);
  });

  it("are found again by histories with pictures", async () => {
    server = await startChatServer(runtime, [
      cell("x = 5"),
      textReply("Seen."),
      cell("print('x is', x)"),
      textReply("Five."),
    ]);
    const picture: ChatMessage = {
      role: "user",
      content: [
        { type: "image_url", image_url: { url: "data:image/png;base64,iVBORw0KGgo=" } },
        { type: "text", text: "What is this?" },
      ],
    };
    const { choices } = await server.client.chat.completions.create({
      model: "m",
      messages: [picture],
    });
    const first: ChatMessage = { role: "assistant", content: choices[0]!.message.content };
    expect(lastText(await say([picture, first], "And x?"))).toContain("\nx is 5\n");
  });

  it("answer one history many times at once", async () => {
    const bump = cell("x += 1; final_answer(f'x is {x}')");
    server = await startChatServer(runtime, [cell("x = 1"), textReply("Kept."), bump, bump, bump]);
    const first = await say([], "Keep 1.");
    const answers = await Promise.all([1, 2, 3].map(() => say(first, "Again.")));
    for (const answer of answers) expect(lastText(answer)).toMatch(/\nx is 2$/);
    expect(server.conversations.size).toBe(3);
  });

  it("tell the model when nothing is left of what it made", async () => {
    server = await startChatServer(runtime, [textReply("It is gone.")]);
    await say([user("Keep 1."), { role: "assistant", content: "Kept." }], "What was it?");
    const { messages } = server.upstream.requests[0]!.body as { messages: readonly ChatMessage[] };
    expect(messages.slice(1)).toEqual([
      user("Keep 1."),
      { role: "assistant", content: "Kept." },
      user(
        "The Python interpreter is a fresh one: it has no variables or files of the conversation above.\n\nWhat was it?",
      ),
    ]);
  });

  it("share nothing between users", async () => {
    const script = [cell("x = 1"), textReply("Kept.")];
    server = await startChatServer(runtime, [
      ...script,
      cell("print('x' in dir())"),
      textReply("No."),
    ]);
    const first = await say([], "Keep 1.");
    const { choices } = await server.client.chat.completions.create({
      model: "m",
      user: "another",
      messages: [...first, user("Is it there?")],
    });
    expect(choices[0]!.message.content).toContain("\nFalse\n");
  });

  it("stream pieces, then why they end, then the usage", async () => {
    server = await startChatServer(runtime, [textReply("It is ", "42.")]);
    const stream = await server.client.chat.completions.create({
      model: "m",
      messages: [user("6 * 7?")],
      stream: true,
      stream_options: { include_usage: true },
    });
    let content = "";
    const ends: unknown[] = [];
    for await (const { choices, usage } of stream) {
      content += choices[0]?.delta.content ?? "";
      if (choices[0]?.finish_reason) ends.push(choices[0].finish_reason);
      if (usage) ends.push(usage);
    }
    expect(content).toBe("It is 42.");
    expect(ends).toEqual(["stop", { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 }]);
  });

  it.each([
    [
      "reasoning",
      { content: "42.", reasoning_content: "```python\nprint(42)\n```\n\n```text\n42\n```\n\n42." },
    ],
    ["answer", { content: "42." }],
  ] as const)("show of the work what they are told to: %s", async (shown, message) => {
    server = await startChatServer(runtime, [cell("print(42)"), textReply("42.")], { shown });
    const { choices } = await server.client.chat.completions.create({
      model: "m",
      messages: [user("?")],
    });
    expect(choices[0]!.message).toEqual({ role: "assistant", refusal: null, ...message });
  });

  it("give data when data is asked for, and have the model correct it", async () => {
    server = await startChatServer(runtime, [
      cell("final_answer({'total': 'many'})"),
      cell("final_answer({'total': 42})"),
    ]);
    const { choices } = await server.client.chat.completions.create({
      model: "m",
      messages: [user("How many?")],
      response_format: {
        type: "json_schema",
        json_schema: {
          name: "total",
          schema: {
            type: "object",
            properties: { total: { type: "number" } },
            required: ["total"],
          },
        },
      },
    });
    expect(choices[0]!.message.content).toBe('{"total":42}');
    expect(server.upstream.requests).toHaveLength(2);
  });

  it("take back what a request did that its client gave up", async () => {
    server = await startChatServer(runtime, [
      cell("x = 1"),
      textReply("Kept."),
      cell("import time; x = 2; time.sleep(60)"),
      cell("print('x is', x)"),
      textReply("One."),
    ]);
    const first = await say([], "Keep 1.");
    const controller = new AbortController();
    const stream = await server.client.chat.completions.create(
      { model: "m", messages: [...first, user("Sleep.")], stream: true },
      { signal: controller.signal },
    );
    for await (const { choices } of stream) {
      if (choices[0]?.delta.content?.includes("sleep")) controller.abort();
    }
    expect(lastText(await say(first, "What is it?"))).toContain("\nx is 1\n");
  });

  it("show pictures, tracebacks and what became of the interpreter", async () => {
    const picture = "iVBORw0KGgo=";
    server = await startChatServer(runtime, [
      cell(
        `class P:\n    def _repr_mimebundle_(self, **_): return {'image/png': '${picture}'}\nprint(1)\nP()`,
      ),
      cell("print('a'); 1 / 0"),
      cell("import os; os._exit(3)"),
      textReply("So."),
    ]);
    const shown = String(lastText(await say([], "Go.")));
    expect(shown).toContain(
      `\n\n\`\`\`text\n1\n\`\`\`\n\n![image/png figure](data:image/png;base64,${picture})\n\n`,
    );
    expect(shown).toMatch(
      /\n```text\na\nTraceback [^`]*ZeroDivisionError: division by zero\n```\n/,
    );
    expect(shown).toContain(
      "\n_The interpreter died: the code ended the process with exit code 3; the variables are back to what they were before this code ran._\n\nSo.",
    );
  });

  it("close the interpreters that nobody has used for long, and make room", async () => {
    const replies = ["A.", "B.", "C.", "D."].map((text) => textReply(text));
    server = await startChatServer(runtime, replies, {}, { maxSessions: 2 });
    const a = await say([], "a");
    await say([], "b");
    await say([], "c");
    expect(server.conversations.size).toBe(2);
    await say(a, "Are you there?");
    expect(JSON.stringify(server.upstream.requests[3]!.body)).toContain(
      "interpreter is a fresh one",
    );
    expect(server.conversations.size).toBe(2);
  });
});

describe("a server", () => {
  it("refuses what it can't use with one sentence, before anything runs", async () => {
    server = await startChatServer(runtime, []);
    const ask = (body: object) =>
      server.client.chat.completions.create(body as OpenAI.ChatCompletionCreateParamsNonStreaming);
    await expect(ask({ model: "n", messages: [user("?")] })).rejects.toMatchObject({
      status: 404,
      error: { code: "model_not_found", message: "There is no model n here. Choose from: m." },
    });
    await expect(
      ask({ model: "m", messages: [{ role: "user", content: 5 }] }),
    ).rejects.toMatchObject({
      status: 400,
      error: { message: expect.stringContaining("messages.0.content") as string },
    });
    await expect(
      ask({ model: "m", messages: [{ role: "assistant", content: "Hi" }] }),
    ).rejects.toMatchObject({ status: 400, code: "invalid_input" });
    await expect(
      ask({ model: "m", messages: [user("?")], tools: [{ type: "web" }] }),
    ).rejects.toMatchObject({
      error: {
        message: "The request can't be used: tools.0.type: only functions can be declared.",
      },
    });
    const plain = await fetch(`${server.url}/v1/chat/completions`, { method: "POST", body: "{}" });
    expect([plain.status, await plain.text()]).toEqual([
      400,
      expect.stringContaining("has to be application/json"),
    ]);
    expect((await fetch(`${server.url}/v2`)).status).toBe(404);
    const long = user("x".repeat(65 * 1024 ** 2));
    await expect(ask({ model: "m", messages: [long] })).rejects.toMatchObject({ status: 413 });
    expect(await (await fetch(`${server.url}/health`)).json()).toEqual({
      status: "ok",
      sessions: 0,
    });
    expect(server.upstream.requests).toEqual([]);
  });

  it("reports a failing model as its own fault, also in a stream, and keeps nothing", async () => {
    const refusal = { status: 401, body: { error: { message: "Bad key" } } };
    server = await startChatServer(runtime, [refusal, refusal]);
    for (const stream of [false, true]) {
      await expect(
        server.client.chat.completions.create({ model: "m", messages: [user("?")], stream }),
      ).rejects.toMatchObject({ status: 502, code: "model_auth_failed" });
    }
    expect(server.conversations.size).toBe(0);
  });

  it("lets in who has a key", async () => {
    server = await startChatServer(runtime, [textReply("Hello.")], { keys: ["secret", "other"] });
    await expect(server.client.models.list()).rejects.toMatchObject({
      status: 401,
      code: "invalid_api_key",
    });
    const client = server.client.withOptions({ apiKey: "other" });
    const { data } = await client.models.list();
    expect(data.map(({ id }) => id)).toEqual(["m"]);
    const request = { model: "m", messages: [user("Hi")] };
    const { choices } = await client.chat.completions.create(request);
    expect(choices[0]!.message.content).toBe("Hello.");
  });

  it("is reached under its own names only", async () => {
    server = await startChatServer(runtime, [], { hosts: ["localhost"] });
    expect((await fetch(`${server.url}/health`)).status).toBe(403);
    const { port } = new URL(server.url);
    expect((await fetch(`http://localhost:${port}/health`)).status).toBe(200);
  });

  it("says when its address is taken", async () => {
    server = await startChatServer(runtime, []);
    const port = Number(new URL(server.url).port);
    await expect(
      listen(createServerApp({ models: new Map(), conversations: server.conversations }), {
        host: "127.0.0.1",
        port,
      }),
    ).rejects.toMatchObject({
      code: "invalid_input",
      message: `The address 127.0.0.1:${port} is in use already.`,
    });
  });
});
