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

const weather: OpenAI.ChatCompletionTool = {
  type: "function",
  function: {
    name: "get-weather",
    description: "The weather in a city.",
    parameters: {
      type: "object",
      properties: { city: { type: "string" } },
      required: ["city"],
    },
  },
};

async function ask(messages: readonly ChatMessage[]) {
  const { choices } = await server.client.chat.completions.create({
    model: "m",
    messages: [...messages],
    tools: [weather],
  });
  return choices[0]!;
}

const answerTo = (
  { tool_calls: calls = [] }: OpenAI.ChatCompletionMessage,
  results: readonly string[],
): readonly ChatMessage[] =>
  calls.map(({ id }, index) => ({ role: "tool", tool_call_id: id, content: results[index]! }));

describe("tools of the client", () => {
  it("are functions of the code, which waits in the middle of a cell", async () => {
    server = await startChatServer(runtime, [
      cell(
        "before = 7\nprint('asking')\nw = get_weather(city='Bern')\nprint(w['celsius'] + before)",
      ),
      textReply("28 degrees."),
      cell("print(before, w)"),
      textReply("Still there."),
    ]);
    const asked = [user("How warm is it?")];
    const first = await ask(asked);
    expect(first.finish_reason).toBe("tool_calls");
    expect(first.message).toMatchObject({
      content: expect.stringMatching(/```text\nasking\n```\n$/) as string,
      tool_calls: [
        { type: "function", function: { name: "get-weather", arguments: '{"city":"Bern"}' } },
      ],
    });
    const answered = [...asked, first.message, ...answerTo(first.message, ['{"celsius": 21}'])];
    const second = await ask(answered);
    expect(second).toMatchObject({
      finish_reason: "stop",
      message: { content: "```text\n28\n```\n\n28 degrees." },
    });
    const third = await ask([...answered, second.message, user("Is it?")]);
    expect(third.message.content).toContain("7 {'celsius': 21}");
    expect(server.conversations.size).toBe(1);
    const { messages } = server.upstream.requests[0]!.body as { messages: { content: string }[] };
    expect(messages[0]!.content).toContain(
      "- get_weather(city: str) -> Any: The weather in a city.",
    );
  });

  it("answer several calls at once, in a stream, with the official client's own helper", async () => {
    server = await startChatServer(runtime, [
      cell(
        "import asyncio\nboth = await asyncio.gather(get_weather(city='Bern'), get_weather(city='Oslo'))\nprint(both)",
      ),
      textReply("Warm and cold."),
    ]);
    const told: unknown[] = [];
    const runner = server.client.chat.completions.runTools({
      model: "m",
      stream: true,
      messages: [user("Compare.")],
      tools: [
        {
          type: "function",
          function: {
            name: "get_weather",
            description: "",
            parameters: weather.function.parameters!,
            parse: JSON.parse,
            function: ({ city }: { readonly city: string }) => (city === "Bern" ? "warm" : "cold"),
          },
        },
      ],
    });
    runner.on("message", ({ role }) => told.push(role));
    expect(await runner.finalContent()).toBe("```text\n['warm', 'cold']\n```\n\nWarm and cold.");
    expect(told).toEqual(["assistant", "tool", "tool", "assistant"]);
  });

  it("ask for a result that is missing, and go on with it", async () => {
    server = await startChatServer(runtime, [
      cell("print(get_weather(city='Bern'))"),
      textReply("Sunny."),
    ]);
    const first = await ask([user("?")]);
    const [call] = first.message.tool_calls!;
    await expect(
      ask([user("?"), first.message, { role: "tool", tool_call_id: "other", content: "x" }]),
    ).rejects.toMatchObject({
      status: 400,
      error: {
        message: expect.stringContaining(`The result of ${call!.id} is missing.`) as string,
      },
    });
    const second = await ask([user("?"), first.message, ...answerTo(first.message, ["sunny"])]);
    expect(second.message.content).toContain("sunny");
  });

  it("are given up when the client goes another way, with all that the code did", async () => {
    server = await startChatServer(runtime, [
      cell("x = 1"),
      textReply("Kept."),
      cell("x = 2\nget_weather(city='Bern')"),
      cell("print('x is', x)"),
      textReply("One."),
      textReply("So be it."),
    ]);
    const first = [user("Keep 1."), (await ask([user("Keep 1.")])).message];
    const waiting = await ask([...first, user("Ask.")]);
    expect(waiting.finish_reason).toBe("tool_calls");
    const other = await ask([...first, user("What is x?")]);
    expect(other.message.content).toContain("x is 1");
    // The results come too late.
    const late = await ask([
      ...first,
      user("Ask."),
      waiting.message,
      ...answerTo(waiting.message, ["sunny"]),
    ]);
    expect(late.message.content).toBe("So be it.");
    expect(JSON.stringify(server.upstream.requests.at(-1)!.body)).toMatch(
      /code called get-weather\({[^]*waited for these results is gone[^]*Result of the call: sunny/,
    );
  });

  it("make room for others, and are waited for no longer than they should", async () => {
    const asks = cell("get_weather(city='Bern')");
    server = await startChatServer(
      runtime,
      [asks, textReply("Hello."), asks, textReply("Too late.")],
      { toolPatienceMs: 50 },
      { maxSessions: 1 },
    );
    await ask([user("a")]);
    expect((await ask([user("b")])).message.content).toBe("Hello.");
    const { message } = await ask([user("c")]);
    while (server.conversations.size > 0) await new Promise((next) => setTimeout(next, 10));
    const late = await ask([user("c"), message, ...answerTo(message, ["sunny"])]);
    expect(late.message.content).toBe("Too late.");
  });
});
