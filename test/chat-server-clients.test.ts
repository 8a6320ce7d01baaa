import { connect } from "node:net";
import type OpenAI from "openai";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { createBareRuntime } from "../src/execution/runtimes/bare-runtime.ts";
import { cell, startChatServer, user, type ChatServer } from "./chat-server.ts";
import { textReply } from "./scripted-openai-server.ts";

type ChatMessage = OpenAI.ChatCompletionMessageParam;

const runtime = createBareRuntime();
afterAll(() => runtime.close());

let server: ChatServer;
afterEach(() => server[Symbol.asyncDispose]());

/** Sends a conversation and returns the answer. */
async function answer(messages: readonly ChatMessage[]): Promise<string> {
  const { choices } = await server.client.chat.completions.create({
    model: "m",
    messages: [...messages],
  });
  return choices[0]!.message.content ?? "";
}

const assistant = (content: string): ChatMessage => ({ role: "assistant", content });

/** What the model read of its last request, the system message left out. */
function lastRead(): readonly string[] {
  const { messages } = server.upstream.requests.at(-1)!.body as {
    messages: readonly { role: string; content: string }[];
  };
  return messages.slice(1).map(({ role, content }) => `${role}: ${content}`);
}

/** Posts a body as it is. */
async function post(body: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${server.url}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body,
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

describe("histories as clients send them", () => {
  it("are known in every way in which they can be written", async () => {
    const bump = cell("x += 1; print('x is', x)");
    const scripts = [cell("x = 1"), textReply("Kept."), ...[bump, bump, bump, bump]];
    const replies = scripts.flatMap((script, index) =>
      index < 2 ? [script] : [script, textReply("So.")],
    );
    server = await startChatServer(runtime, replies);
    const kept = await answer([user("Keep 1.\nPlease.")]);
    const written: readonly (readonly ChatMessage[])[] = [
      [user("Keep 1.\r\nPlease. "), assistant(`${kept}\n`)],
      [user("Keep 1."), user("Please."), { role: "developer", content: "Today." }, assistant(kept)],
      [
        { role: "user", name: "ann", content: [{ type: "text", text: "Keep 1.\nPlease." }] },
        { role: "assistant", content: [{ type: "text", text: kept }] },
      ],
      [
        user("Keep 1.\nPlease."),
        { ...assistant(kept), reasoning_content: "Hm." } as unknown as ChatMessage,
      ],
    ];
    const known: boolean[] = [];
    for (const history of written) {
      known.push((await answer([...history, user("More.")])).includes("x is 2"));
    }
    // Two messages are two paragraphs, which is not what was said before.
    expect(known).toEqual([true, false, true, true]);
  });

  it("tell the model of answers that its interpreter did not live through", async () => {
    server = await startChatServer(runtime, [
      cell("x = 1"),
      textReply("Kept."),
      cell("print('x is', x)"),
      textReply("So."),
    ]);
    const first = [user("Keep 1."), assistant(await answer([user("Keep 1.")]))];
    // Stopped by its reader, who has seen some of it.
    const partial = assistant("```python\nx = 2\n```");
    const text = await answer([...first, user("Add."), partial, user("What is it?")]);
    expect(text).toContain("x is 1");
    expect(lastRead().slice(4, 7)).toEqual([
      "user: Add.",
      "assistant: ```python\nx = 2\n```",
      "user: The Python interpreter is as it was before your last answer: nothing that it did is there.\n\nWhat is it?",
    ]);
  });

  it("cost the model no pictures in letters when their interpreter is gone", async () => {
    server = await startChatServer(runtime, [textReply("Seen.")]);
    const shown = "Here.\n\n![image/png figure](data:image/png;base64,iVBORw0KGgo=)\n\nDone.";
    await answer([user("Plot."), assistant(shown), user("And?")]);
    expect(lastRead()).toEqual([
      "user: Plot.",
      "assistant: Here.\n\n[picture: image/png figure]\n\nDone.",
      "user: The Python interpreter is a fresh one: it has no variables or files of the conversation above.\n\nAnd?",
    ]);
  });

  it("don't take an answer without words for none", async () => {
    server = await startChatServer(
      runtime,
      [cell("x = 1"), textReply("Other."), cell("print('x' in globals())"), textReply("So.")],
      { agent: { maxTurns: 1 }, shown: "answer" },
    );
    expect(await answer([user("Keep 1.")])).toBe("_The work was stopped: its budget is used up._");
    await answer([user("Keep 1."), assistant(""), user("And?")]);
    expect(lastRead().at(-1)).toContain("is a fresh one");
  });

  it("hold no half characters, which some clients can't send back", async () => {
    server = await startChatServer(runtime, [textReply("a\ud83d", "\ude00b\ud83d")]);
    const stream = await server.client.chat.completions.create({
      model: "m",
      messages: [user("?")],
      stream: true,
    });
    const pieces: string[] = [];
    for await (const { choices } of stream) pieces.push(choices[0]?.delta.content ?? "");
    expect(pieces.join("")).toBe("a\u{1F600}b\uFFFD");
    expect(pieces.every((piece) => piece.isWellFormed())).toBe(true);
  });
});

describe("a server among strangers", () => {
  it("looks at the length of a list before its items", async () => {
    server = await startChatServer(runtime, []);
    const zeros = `[${"0,".repeat(500_000)}0]`;
    expect(await post(`{"model":"m","messages":${zeros}}`)).toMatchObject({
      status: 400,
      text: expect.stringContaining("messages: Too big: expected array to have <=10000") as string,
    });
    const parts = await post(`{"model":"m","messages":[{"role":"user","content":${zeros}}]}`);
    expect(parts).toMatchObject({
      status: 400,
      text: expect.stringContaining("it has to be a text, or up to 500 parts") as string,
    });
  });

  it("reads no body of those who have no key, nor one that is compressed", async () => {
    server = await startChatServer(runtime, [], { keys: ["k"] });
    const { port, hostname } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    // The body never ends.
    socket.write(
      'POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"mod\r\n',
    );
    const [head] = await new Promise<string[]>((read) =>
      socket.once("data", (data) => read(String(data).split("\r\n"))),
    );
    socket.destroy();
    expect(head).toBe("HTTP/1.1 401 Unauthorized");
    const compressed = { authorization: "Bearer k", "content-encoding": "gzip" };
    expect(await post("{}", compressed)).toMatchObject({
      status: 400,
      text: expect.stringContaining("must not be compressed") as string,
    });
  });

  it("names a model, and says where the API is", async () => {
    server = await startChatServer(runtime, []);
    expect(await server.client.models.retrieve("m")).toMatchObject({ id: "m", object: "model" });
    await expect(server.client.models.retrieve("n")).rejects.toMatchObject({ status: 404 });
    const lost = await fetch(`${server.url}/chat/completions`, { method: "POST" });
    expect(await lost.json()).toMatchObject({
      error: { message: expect.stringContaining("ends in /v1") as string },
    });
  });
});

describe("a stream", () => {
  it("begins without words, and says that it lives", async () => {
    server = await startChatServer(runtime, [{ ...textReply("Hi."), delayMs: 100 }], {
      heartbeatMs: 20,
    });
    const body = { model: "m", messages: [user("?")], stream: true };
    const { headers, text } = await post(JSON.stringify(body));
    expect(headers.get("content-type")).toBe("text/event-stream");
    expect(headers.get("x-accel-buffering")).toBe("no");
    expect(text).toMatch(/^data: \{[^\n]*"role":"assistant"[^\n]*\}\n\n(: working\n\n)+data: /);
    expect(text).toMatch(/data: \[DONE\]\n\n$/);
  });

  it("tells of a fault that comes later, and the server of it too", async () => {
    const faults: unknown[] = [];
    const refusal = { status: 401, body: { error: { message: "Bad key sk-123" } }, delayMs: 100 };
    server = await startChatServer(runtime, [refusal], {
      heartbeatMs: 20,
      onFault: (error) => faults.push(error),
    });
    const body = { model: "m", messages: [user("?")], stream: true };
    const { status, text } = await post(JSON.stringify(body));
    expect(status).toBe(200);
    expect(text.trimEnd().split("\n").at(-1)).toBe(
      'data: {"error":{"message":"The model\'s service refuses the server.","type":"server_error","code":"model_auth_failed","param":null}}',
    );
    expect(faults).toMatchObject([{ code: "model_auth_failed" }]);
  });
});
