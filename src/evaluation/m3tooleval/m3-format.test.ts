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
    expect(compileM3Action(json, { mode: "json", tools, isLenient: false })).toEqual({
      code: 'print(f(100.0, 2, 1e3, 12345678901234567890, {"a": [0.50]}))',
      failure:
        "Failed to execute tool f with args (100.0, 2, 1000.0, 12345678901234567890, {'a': [0.5]}). Did you try to invoke more than one tool at a time?",
    });
    const text = "f, 100.0, 2, -3, 007, +5, 1_000, 1e3, .5, nan, 12345678901234567890, 6e, 1-2";
    expect(compileM3Action(text, { mode: "text", tools, isLenient: false })).toEqual({
      code: 'print(f(100.0, 2, -3, int("007"), int("+5"), int("1_000"), 1e3, float(".5"), float("nan"), 12345678901234567890, "6e", "1-2"))',
      failure:
        "Failed to execute tool f with args (100.0, 2, -3, 7, 5, 1000, 1000.0, 0.5, nan, 12345678901234567890, '6e', '1-2'). Did you try to invoke more than one tool at a time?",
    });
    expect(compileM3Action("f, it's", { mode: "text", tools, isLenient: false })).toMatchObject({
      failure: expect.stringContaining(`with args ("it's",). Did`),
    });
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

  const invalid =
    "Invalid action. You should output a JSON object with the following fields: 'tool' (the name of the tool), 'args' (a list of arguments to the tool). Error: ";
  it.each([
    [
      "json",
      "{tool: f}",
      `${invalid}Expecting property name enclosed in double quotes: line 1 column 2 (char 1)`,
      "It is not valid JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1).",
    ],
    [
      "json",
      '{"tool": "f"}\n{"tool": "f"}',
      `${invalid}Extra data: line 2 column 1 (char 14)`,
      "It is not valid JSON: Extra data: line 2 column 1 (char 14).",
    ],
    ["json", '{"args": []}', `${invalid}'tool'`, "The field 'tool' is missing."],
    ["json", "null", `${invalid}'NoneType' object is not subscriptable`, "It is no object."],
    [
      "json",
      "[1]",
      `${invalid}list indices must be integers or slices, not str`,
      "It is no object.",
    ],
    ["json", '{"tool": "f"}', `${invalid}'args'`, undefined],
    [
      "json",
      '{"tool": "eval", "args": ["1"]}',
      "Cound not find tool with name eval",
      "Could not find a tool with the name eval.",
    ],
    [
      "text",
      "sum, 1, 2",
      "Cound not find tool with name sum",
      "Could not find a tool with the name sum.",
    ],
    [
      "text",
      "__import__('os').system",
      "Cound not find tool with name __import__('os').system",
      "Could not find a tool",
    ],
  ] as const)(
    "tells what is wrong with %s %s as the original does, or explains it",
    (mode, action, original, explained) => {
      const reply = `Action: ${action} End Action`;
      expect(parse(mode, reply)).toMatchObject({ kind: "malformed", reason: original });
      expect(parse(mode, reply, true)).toMatchObject(
        explained === undefined
          ? { kind: "action" }
          : { kind: "malformed", reason: expect.stringContaining(explained) },
      );
    },
  );

  it("tells what a reply lacks that neither acts nor answers", () => {
    expect(parse("text", "I think it is 4.")).toMatchObject({
      kind: "malformed",
      reason: "Invalid generation. Your output should contain either 'Action:' or 'Answer:'",
    });
  });

  it("keeps the whole reply of an answer, from which the answer is taken", () => {
    const parsed = parse("code", "Thought: done.\nAnswer:  [1, 2] ");
    expect(parsed).toMatchObject({ kind: "answer", complete: false });
    expect(answerOf(parsed.text)).toBe("[1, 2]");
  });
});
