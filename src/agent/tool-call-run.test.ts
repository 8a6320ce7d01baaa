import { afterAll, describe, expect, it } from "vitest";
import { startScriptedServer, finishChunk, textReply } from "../../test/scripted-openai-server.ts";
import { createBareRuntime } from "../execution/runtimes/bare-runtime.ts";
import { createOpenAIModel } from "../models/openai-model.ts";
import { createReplayModel } from "../models/replay-model.ts";
import { messageText, type Model } from "../models/model.ts";
import { createFormat } from "../formats/choose-format.ts";
import type { ReplayReply } from "../models/replay-file.ts";
import { createAgent } from "./agent.ts";

const runtime = createBareRuntime();
afterAll(() => runtime.close());

const python = (code: string) => ({ name: "execute_python", arguments: { code } });

async function converse(replies: readonly ReplayReply[], maxTurns = 9) {
  await using agent = createAgent({ model: createReplayModel({ replies }), runtime, maxTurns });
  const events: string[] = [];
  const run = agent.run("the task");
  for await (const event of run) if (event.type !== events.at(-1)) events.push(event.type);
  return { events, result: await run.result, messages: agent.messages.slice(1) };
}

const text = (words: string) => ({ type: "text", text: words }) as const;

describe("a run by tool calls", () => {
  it("runs the code of the call and answers the call", async () => {
    const { events, result, messages } = await converse([
      { text: "I add.", toolCalls: [python("x = 1 + 1\nx")] },
      { text: "It is 2." },
    ]);
    expect(events).toEqual([
      "run-start",
      "turn-start",
      "text-delta",
      "code-delta",
      "code-complete",
      "cell-start",
      "output",
      "cell-end",
      "turn-end",
      "turn-start",
      "text-delta",
      "turn-end",
      "run-end",
    ]);
    expect(result).toMatchObject({ status: "answered", answer: "It is 2." });
    expect(messages).toEqual([
      { role: "user", content: [text("the task")] },
      {
        role: "assistant",
        content: [
          text("I add."),
          {
            type: "tool-call",
            id: "call00000",
            name: "execute_python",
            arguments: '{"code":"x = 1 + 1\\nx"}',
          },
        ],
      },
      {
        role: "user",
        content: [
          { type: "tool-result", callId: "call00000", content: [text("Execution Output:\n2")] },
        ],
      },
      { role: "assistant", content: [text("It is 2.")] },
    ]);
  });

  it("answers a call that holds no code with the reason, and notices come after the result", async () => {
    const { messages } = await converse(
      [{ text: "", toolCalls: [{ name: "weather", arguments: {} }] }, { text: "I give up." }],
      2,
    );
    expect(messages[2]).toEqual({
      role: "user",
      content: [
        {
          type: "tool-result",
          callId: "call00000",
          content: [text(expect.stringMatching(/"weather" holds no Python code/) as string)],
        },
        text(expect.stringMatching(/last turn/) as string),
      ],
    });
  });

  it("gives calls ids of their own where the server repeats them", async () => {
    const again = { text: "", toolCalls: [{ id: "same", ...python("1") }] };
    const { messages } = await converse([again, again, again, { text: "Done." }]);
    const ids = messages.flatMap(({ content }) =>
      content.flatMap((part) =>
        part.type === "tool-call" ? part.id : part.type === "tool-result" ? part.callId : [],
      ),
    );
    expect(ids).toEqual(["same", "same", ids[2], ids[2], ids[4], ids[4]]);
    expect(new Set(ids).size).toBe(3);
  });

  it("sends a history over the wire that pairs calls and results", async () => {
    const call = { index: 0, id: "c1", function: { name: "execute_python", arguments: '{"code"' } };
    const rest = { index: 0, function: { arguments: ': "6 * 7"}' } };
    const chunk = (part: object) => ({ choices: [{ delta: { tool_calls: [part] } }] });
    await using server = await startScriptedServer([
      { chunks: [chunk(call), chunk(rest), finishChunk("tool_calls")] },
      textReply("42."),
    ]);
    const model: Model = createOpenAIModel({
      model: "m",
      baseUrl: server.baseUrl,
      toolCalls: true,
    });
    await using agent = createAgent({ model, runtime });
    expect(await agent.run("Multiply.").result).toMatchObject({ answer: "42." });
    expect(server.requests[0]?.body).toMatchObject({
      tools: [{ type: "function", function: { name: "execute_python" } }],
    });
    expect(server.requests[0]?.body).not.toHaveProperty("stop");
    expect(server.requests[1]?.body).toMatchObject({
      messages: [
        { role: "system" },
        { role: "user", content: "Multiply." },
        {
          role: "assistant",
          tool_calls: [
            { id: "c1", function: { name: "execute_python", arguments: '{"code": "6 * 7"}' } },
          ],
        },
        { role: "tool", tool_call_id: "c1", content: "Execution Output:\n42" },
      ],
    });
  });
});

describe("a run in which actions are function calls", () => {
  const functions = [{ name: "search", signature: "(query, limit=2)", description: "Searches." }];
  const setup = "def search(query, limit=2):\n    return f'{query!r} x {limit}'";

  it.each([
    ["json", 'Action: {"tool": "search", "args": {"query": "a b"}} End Action'],
    ["text", "Action: search, a b End Action"],
  ] as const)("runs %s calls as Python", async (name, reply) => {
    await using session = await runtime.open();
    await session.execute(setup);
    const replies = [{ text: reply }, { text: "Answer: found" }];
    await using agent = createAgent({
      model: createReplayModel({ replies }),
      session,
      format: createFormat(name),
      environment: { functions },
    });
    const run = agent.run("the task");
    const cells: string[] = [];
    for await (const event of run) if (event.type === "cell-start") cells.push(event.code);
    expect(cells).toEqual([name === "json" ? 'search(query="a b")' : 'search("a b")']);
    expect(await run.result).toMatchObject({ status: "answered", answer: "found" });
    expect(agent.messages.slice(2).map((message) => messageText(message))).toEqual([
      reply,
      "Observation:\n'a b' x 2",
      "found",
    ]);
  });
});
