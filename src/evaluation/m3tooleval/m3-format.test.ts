import { describe, expect, it } from "vitest";
import type { FormatName } from "../benchmark.ts";
import { compileM3Action } from "./m3-action.ts";
import { answerOf, createM3Format, cutReply } from "./m3-format.ts";

const tools = ["caesar_decode", "view", "f"];

function parse(mode: FormatName, reply: string, isLenient = false) {
  const parser = createM3Format({ mode, tools, isLenient }).createParser();
  for (const char of reply) parser.push(char);
  const { complete } = parser;
  const parsed = parser.finish();
  return { complete, ...parsed };
}

describe("cutReply", () => {
  it.each([
    ["  Thought: x\nAction: a, 1 End Action", "Thought: x\nAction: a, 1 End Action"],
    ["Action: a\nThought: I wonder\nAnswer: b", "Action: a"],
    ["Action: a End Action\nAction: b End Action", "Action: a End Action"],
    ["Answer: 3\nAnswer: 4", "Answer: 3"],
    ["Thought: x\nAnswer: 3\nThought: y\nAnswer: 4", "Thought: x\nAnswer: 3"],
    ["Well.\nThought: x\nAnswer: 3\nAnswer: 4", "Well."],
    [
      "I write End Action later.\nAction: a End Action\nAnswer: b",
      "I write End Action later.\nAction: a End Action",
    ],
    ["Action: a End Action: b", "Action: a End"],
    ["Action: a\nThought: I wonder", "Action: a\nThought: I wonder"],
    ["Thought: first\nThought: second\nAnswer: 3", "Thought: first\nThought: second\nAnswer: 3"],
  ])("keeps the first action or answer of %j", (reply, kept) => {
    expect(cutReply(reply)).toBe(kept);
  });
});

describe("createM3Format", () => {
  it("compiles a text action, coercing numbers and keeping quotes", () => {
    expect(parse("text", "Action: caesar_decode, 'ab c', 5, 1.5 End Action")).toEqual({
      kind: "action",
      complete: false,
      code: `print(caesar_decode("'ab c'", 5, 1.5))`,
      text: "Action: caesar_decode, 'ab c', 5, 1.5 End Action",
    });
    expect(parse("text", "Action: view End Action")).toMatchObject({ code: "print(view())" });
  });

  it("compiles a JSON action and wraps an argument that is no list", () => {
    expect(
      parse("json", 'Action: {"tool": "f", "args": ["x\\n", null, [1, true]]} End Action'),
    ).toMatchObject({ code: 'print(f("x\\n", None, [1, True]))' });
    expect(parse("json", 'Action: {"tool": "f", "args": "x"} End Action')).toMatchObject({
      code: 'print(f("x"))',
    });
  });

  it("calls with numbers as Python reads them, whole or not, however large", () => {
    const json = '{"tool": "f", "args": [100.0, 2, 1e3, 12345678901234567890, {"a": [0.50]}]}';
    expect(compileM3Action(json, { mode: "json", tools, isLenient: false })).toBe(
      'print(f(100.0, 2, 1e3, 12345678901234567890, {"a": [0.50]}))',
    );
    const text = "f, 100.0, 2, -3, 007, +5, 1_000, 1e3, .5, nan, 12345678901234567890, 6e, 1-2";
    expect(compileM3Action(text, { mode: "text", tools, isLenient: false })).toBe(
      'print(f(100.0, 2, -3, int("007"), int("+5"), int("1_000"), float("1e3"), float(".5"), float("nan"), 12345678901234567890, "6e", "1-2"))',
    );
  });

  it("keeps what the model says after an action, as long as it acts no more", () => {
    const reply = "Action: view End Action\nI wait for the page.";
    expect(parse("text", reply)).toMatchObject({ code: "print(view())", text: reply });
    expect(parse("text", `${reply}\nAnswer: 3`)).toMatchObject({ text: "Action: view End Action" });
  });

  it("takes code as it is, and out of a fence only when asked", () => {
    const reply = "Action:\n```python\nprint(1)\n```\nEnd Action";
    expect(parse("code", reply)).toMatchObject({ code: "```python\nprint(1)\n```" });
    expect(parse("code", reply, true)).toMatchObject({ code: "print(1)" });
    const json = 'Action:\n```json\n{"tool": "view"}\n```\nEnd Action';
    expect(parse("json", json)).toMatchObject({ kind: "malformed" });
    expect(parse("json", json, true)).toMatchObject({ code: "print(view())" });
    expect(parse("code", "Action:\nfor i in x:\n    f(i)\nEnd Action")).toMatchObject({
      code: "for i in x:\n    f(i)",
    });
  });

  it.each([
    ["json", "Action: {tool: f} End Action", "It is not valid JSON."],
    ["json", 'Action: {"args": []} End Action', "The field 'tool' is missing."],
    ["json", "Action: null End Action", "The field 'tool' is missing."],
    ["json", 'Action: {"tool": "f"} End Action', "The field 'args' is missing."],
    ["json", 'Action: {"tool": "eval", "args": ["1"]} End Action', "Could not find a tool"],
    ["text", "Action: sum, 1, 2 End Action", "Could not find a tool with the name sum."],
    ["text", "Action: __import__('os').system End Action", "Could not find a tool"],
    ["text", "I think it is 4.", "Invalid generation."],
  ] as const)("tells what is wrong with %s: %s", (mode, reply, reason) => {
    expect(parse(mode, reply)).toMatchObject({
      kind: "malformed",
      reason: expect.stringContaining(reason),
    });
  });

  it("keeps the whole reply of an answer, from which the answer is taken", () => {
    const parsed = parse("code", "Thought: done.\nAnswer:  [1, 2] ");
    expect(parsed).toMatchObject({ kind: "answer", complete: false });
    expect(answerOf(parsed.text)).toBe("[1, 2]");
  });
});
