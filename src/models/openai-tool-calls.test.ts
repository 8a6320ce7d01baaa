import { describe, expect, it } from "vitest";
import { converse, hello } from "../../test/converse-with-model.ts";
import { finishChunk, textChunk, textReply } from "../../test/scripted-openai-server.ts";
import { textMessage, type Message, type ModelRequest, type ToolDeclaration } from "./model.ts";

const tool: ToolDeclaration = {
  name: "execute_python",
  description: "Runs Python.",
  parameters: { type: "object", properties: { code: { type: "string" } } },
};
const wireTool = { type: "function", function: tool };

function callChunk(...calls: readonly object[]): object {
  return { choices: [{ index: 0, delta: { tool_calls: calls } }] };
}

const talk: readonly Message[] = [
  textMessage("system", "Be brief."),
  textMessage("user", "Plot."),
  {
    role: "assistant",
    content: [
      { type: "text", text: "I plot." },
      { type: "tool-call", id: "c1", name: "execute_python", arguments: '{"code":"plot()"}' },
    ],
  },
  {
    role: "user",
    content: [
      {
        type: "tool-result",
        callId: "c1",
        content: [
          { type: "text", text: "done" },
          { type: "image", mediaType: "image/png", data: "AAAA" },
        ],
      },
      { type: "text", text: "This is your last turn." },
    ],
  },
];

describe("tool calls on the wire", () => {
  it("declares tools, and sends calls and their results", async () => {
    const request: ModelRequest = { messages: talk, tools: [tool] };
    const call = {
      role: "assistant",
      content: "I plot.",
      tool_calls: [
        {
          type: "function",
          id: "c1",
          function: { name: "execute_python", arguments: '{"code":"plot()"}' },
        },
      ],
    };
    const seeing = await converse([textReply("ok")], request, { images: true });
    expect(seeing.requests[0]?.body).toMatchObject({
      tools: [wireTool],
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "Plot." },
        call,
        { role: "tool", tool_call_id: "c1", content: "done\n[The pictures follow.]" },
        {
          role: "user",
          content: [
            { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } },
            { type: "text", text: "This is your last turn." },
          ],
        },
      ],
    });
    const blind = await converse([textReply("ok")], { messages: talk });
    expect(blind.requests[0]?.body).not.toHaveProperty("tools");
    expect(blind.requests[0]?.body).toMatchObject({
      messages: [
        {},
        {},
        call,
        { role: "tool", content: "done" },
        { role: "user", content: "This is your last turn." },
      ],
    });
  });

  const pieces = [
    { type: "tool-call-delta", index: 0, id: "c1", name: "f", arguments: "" },
    { type: "tool-call-delta", index: 0, arguments: '{"code":' },
    { type: "tool-call-delta", index: 0, arguments: '"1"}' },
  ];
  const whole = { type: "tool-call-delta", index: 0, name: "f", arguments: '{"code":"1"}' };

  it.each<[string, object[], object[]]>([
    [
      "in pieces",
      [
        callChunk({ index: 0, id: "c1", type: "function", function: { name: "f", arguments: "" } }),
        callChunk({ index: 0, function: { arguments: '{"code":' } }),
        callChunk({ index: 0, function: { arguments: '"1"}' } }),
      ],
      pieces,
    ],
    [
      "in pieces that repeat id and name",
      ["", '{"code":', '"1"}'].map((text) =>
        callChunk({ index: 0, id: "c1", function: { name: "f", arguments: text } }),
      ),
      pieces,
    ],
    [
      "in pieces without index, with empty ids and names",
      [
        callChunk({ id: "c1", function: { name: "f", arguments: "" } }),
        callChunk({ id: "", function: { name: "", arguments: '{"code":' } }),
        callChunk({ id: null, function: { arguments: '"1"}' } }),
      ],
      pieces,
    ],
    [
      "whole, with arguments as an object and no id",
      [callChunk({ function: { name: "f", arguments: { code: "1" } } })],
      [{ ...whole, id: "aaaaaaaaa" }],
    ],
    [
      "in the older form",
      [{ choices: [{ delta: { function_call: { name: "f", arguments: '{"code":"1"}' } } }] }],
      [{ ...whole, id: "aaaaaaaaa" }],
    ],
    [
      "two under one index",
      [
        callChunk(
          { index: 0, id: "c1", function: { name: "f", arguments: '{"code":"1"}' } },
          { index: 0, id: "c2", function: { name: "g", arguments: "{}" } },
        ),
      ],
      [
        { ...whole, id: "c1" },
        { type: "tool-call-delta", index: 1, id: "c2", name: "g", arguments: "{}" },
      ],
    ],
    [
      "broken in every field",
      [
        callChunk({ index: -1, id: 7, function: 3 }, {}),
        { choices: [{ delta: { tool_calls: 1 } }] },
      ],
      [{ type: "tool-call-delta", index: 0, id: "aaaaaaaaa", name: "", arguments: "" }],
    ],
  ])("reads calls %s", async (_name, chunks, expected) => {
    const run = await converse([
      { chunks: [textChunk("Go."), ...chunks, finishChunk("tool_calls")] },
    ]);
    expect(run.events).toEqual([
      { type: "text-delta", text: "Go." },
      ...expected,
      { type: "finish", reason: "stop" },
    ]);
  });

  it("gives out text that could have become a stop string before the call", async () => {
    const call = { index: 0, id: "c1", function: { name: "f", arguments: "{}" } };
    const run = await converse(
      [{ chunks: [textChunk("a </e"), callChunk(call), finishChunk("stop")] }],
      {
        ...hello,
        stop: ["</execute>"],
      },
    );
    expect(run.events.slice(0, 3)).toEqual([
      { type: "text-delta", text: "a " },
      { type: "text-delta", text: "</e" },
      { type: "tool-call-delta", index: 0, id: "c1", name: "f", arguments: "{}" },
    ]);
  });

  it("reads a call that the server itself could not read", async () => {
    const error = {
      message: "Failed to call a function. See 'failed_generation'.",
      code: "tool_use_failed",
      failed_generation: '<function=execute_python>{"code": "1"}</function>',
    };
    for (const reply of [{ status: 400, body: { error } }, { chunks: [{ error }] }]) {
      const run = await converse([reply], { ...hello, tools: [tool] });
      expect(run).toMatchObject({ text: error.failed_generation, finish: { reason: "stop" } });
    }
  });
});

describe("a server that refuses tools", () => {
  it.each([
    [400, "registry.ollama.ai/library/llama2:latest does not support tools"],
    [400, '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'],
    [500, "tools param requires --jinja flag"],
    [404, "No endpoints found that support tool use."],
    [422, "Extra inputs are not permitted: tools"],
  ])("is told of them in words (status %i: %s)", async (status, message) => {
    const run = await converse([{ status, body: { error: { message } } }, textReply("ok")], {
      messages: talk,
      tools: [tool],
    });
    expect(run).toMatchObject({ text: "ok", waits: [] });
    expect(run.requests[1]?.body).not.toHaveProperty("tools");
    expect(run.requests[1]?.body).toMatchObject({
      messages: [
        {
          role: "system",
          content: expect.stringMatching(
            /^Be brief\.\n\n[^]*<tools>\n\{"type":"function","function":\{"name":"execute_python"[^]*<tool_call>/,
          ) as string,
        },
        { role: "user", content: "Plot." },
        {
          role: "assistant",
          content:
            'I plot.\n<tool_call>\n{"name": "execute_python", "arguments": {"code":"plot()"}}\n</tool_call>',
        },
        {
          role: "user",
          content: "<tool_response>\ndone\n</tool_response>\n\nThis is your last turn.",
        },
      ],
    });
  });
});
