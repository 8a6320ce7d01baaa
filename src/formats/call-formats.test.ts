import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Outcome } from "../execution/outcome.ts";
import type { ParsedReply } from "./format.ts";
import { createJsonFormat } from "./json-format.ts";
import { createTextFormat } from "./text-format.ts";

const functions = [
  { name: "search", signature: "(query: str, limit: int = 10) -> list", description: "Searches." },
  { name: "github.create_issue", signature: "(title: str)", description: "" },
  { name: "add", signature: "(a, b)", description: "Adds." },
];
const formats = { json: createJsonFormat(), text: createTextFormat() };

interface Reading {
  readonly reply: ParsedReply;
  readonly complete: boolean;
  readonly text: string;
}

function read(name: "json" | "text", pieces: readonly string[]): Reading {
  const parser = formats[name].createParser({ functions });
  let text = "";
  for (const piece of pieces) {
    for (const segment of parser.push(piece)) text += segment.text;
  }
  const { complete } = parser;
  return { reply: parser.finish(), complete, text };
}

const action = (code: string) => ({ kind: "action", code });
const answer = (text: string) => ({ kind: "answer", text });
const malformed = (reason: RegExp) => ({
  kind: "malformed",
  reason: expect.stringMatching(reason) as string,
});

type Case = readonly [format: "json" | "text", name: string, reply: string, expected: object];

const cases: readonly Case[] = [
  [
    "json",
    "an action",
    'I look.\nAction: {"tool": "search", "args": ["a b", 3]} End Action',
    {
      ...action('search("a b", 3)'),
      text: 'I look.\nAction: {"tool": "search", "args": ["a b", 3]} End Action',
      call: { name: "search", args: ["a b", 3], kwargs: {} },
    },
  ],
  [
    "json",
    "named arguments",
    'Action: {"tool": "search", "args": {"query": "a", "limit": 3}}',
    action('search(query="a", limit=3)'),
  ],
  [
    "json",
    "other keys",
    '{"name": "search", "arguments": {"query": "a"}}',
    action('search(query="a")'),
  ],
  [
    "json",
    "arguments beside the name",
    '{"action": "add", "a": 1, "b": 2.50}',
    action("add(a=1, b=2.50)"),
  ],
  [
    "json",
    "OpenAI's form",
    '{"type": "function", "function": {"name": "search", "arguments": "{\\"query\\": \\"a\\"}"}}',
    action('search(query="a")'),
  ],
  ["json", "the name as the key", '{"search": {"query": "a"}}', action('search(query="a")')],
  [
    "json",
    "a list",
    '[{"tool": "add", "args": [1, 2]}, {"tool": "add", "args": [3, 4]}]',
    action("add(1, 2)"),
  ],
  [
    "json",
    "a fence",
    'So:\n```json\n{"tool": "add", "args": [1, 2]}\n```\nand more',
    action("add(1, 2)"),
  ],
  [
    "json",
    "a fence in an action",
    'Action:\n```json\n{"tool": "add", "args": [1, 2]}\n```\nEnd Action',
    action("add(1, 2)"),
  ],
  [
    "json",
    "a template's tag",
    '<tool_call>{"name": "add", "arguments": {"a": 1, "b": 2}}</tool_call>',
    action("add(a=1, b=2)"),
  ],
  [
    "json",
    "single quotes and a trailing comma",
    "{'tool': 'add', 'args': [1, 2,],}",
    action("add(1, 2)"),
  ],
  ["json", "bare keys and comments", '{tool: "add", // adds\n args: [1, 2]}', action("add(1, 2)")],
  ["json", "an unclosed object", 'Action: {"tool": "add", "args": [1, 2', action("add(1, 2)")],
  [
    "json",
    "values of all kinds",
    'Action: {"tool": "search", "args": [null, true, -1e3, 12345678901234567890, {"a": [false]}, "\\u00e9\\n"]}',
    action('search(None, True, -1e3, 12345678901234567890, {"a": [False]}, "é\\n")'),
  ],
  [
    "json",
    "a name without its module",
    '{"tool": "create_issue", "args": ["x"]}',
    action('github.create_issue("x")'),
  ],
  [
    "json",
    "keys that are no names in Python",
    '{"tool": "search", "args": {"from": 1, "a-b": 2, "query": 3}}',
    action('search(query=3, **{"from": 1, "a-b": 2})'),
  ],
  ["json", "one argument", '{"tool": "search", "args": "a"}', action('search("a")')],
  ["json", "no arguments", '{"tool": "search"}', action("search()")],
  [
    "json",
    "an input after the action",
    'Thought: hm\nAction: search\nAction Input: {"query": "a"}\nObservation: made up',
    action('search(query="a")'),
  ],
  [
    "json",
    "an invented observation",
    'Action: {"tool": "add", "args": [1, 2]}\nObservation: 3\nAnswer: 3',
    action("add(1, 2)"),
  ],
  [
    "json",
    "code in a name",
    '{"tool": "add(1, 2) or add", "args": []}',
    malformed(
      /no function "add\(1, 2\) or add"\. These can be called: search, github\.create_issue, add\. Write "Action:/,
    ),
  ],
  [
    "json",
    "an unknown function",
    'Action: {"tool": "fly", "args": []} End Action',
    malformed(/no function "fly"/),
  ],
  ["json", "no JSON", "Action: just do it End Action", malformed(/not valid JSON/)],
  ["json", "no name", 'Action: {"query": "a"} End Action', malformed(/no "tool"/)],
  ["json", "an answer", "I know.\nAnswer: 42 is it", answer("42 is it")],
  ["json", "a bold answer", "**Final Answer:** 42", answer("42")],
  ["json", "an answer in JSON", 'Answer:\n{"a": 1}', answer('{"a": 1}')],
  ["json", "an answer and more", "Answer: 42\nObservation: right\nAnswer: 42", answer("42")],
  ["json", "JSON that is no call", 'The data:\n{"a": 1}\nAnswer: 1', answer("1")],
  ["json", "a mention", "I could write `Action:` here.\nAnswer: 1", answer("1")],
  ["json", "plain words", "I will search.", malformed(/no action and no answer\. Write "Action:/)],
  ["json", "nothing", " \n", malformed(/reply is empty/)],
  ["json", "an empty answer", "Answer: ", malformed(/answer is empty/)],
  [
    "text",
    "an action",
    "I add.\nAction: add, 1, 2.5 End Action",
    { ...action("add(1, 2.5)"), call: { name: "add", args: [1, 2.5], kwargs: {} } },
  ],
  [
    "text",
    "texts",
    'Action: search, it\'s a "test" End Action',
    action('search("it\'s a \\"test\\"")'),
  ],
  [
    "text",
    "quoted texts",
    "Action: search, \"a, b\", 'c' End Action",
    action('search("a, b", "c")'),
  ],
  [
    "text",
    "lists",
    "Action: search, [1, 2], {'a': (1,)} End Action",
    action('search([1, 2], {"a": (1,)})'),
  ],
  [
    "text",
    "named arguments",
    "Action: search, query=a b, limit = 3 End Action",
    action('search(query="a b", limit=3)'),
  ],
  [
    "text",
    "Python",
    "Action: search('a, b', limit=3) End Action",
    action('search("a, b", limit=3)'),
  ],
  ["text", "JSON", 'Action: {"tool": "add", "args": [1, 2]} End Action', action("add(1, 2)")],
  [
    "text",
    "a date and words",
    "Action: search, 2023-03-31, true, None End Action",
    action('search("2023-03-31", "true", None)'),
  ],
  ["text", "leading zeros", "Action: add, 007, 1_000 End Action", action("add(7, 1000)")],
  ["text", "a missing end", "Action: add, 1, 2\nThought: so", action("add(1, 2)")],
  ["text", "the same line", "Thought: I add. Action: add, 1, 2", action("add(1, 2)")],
  [
    "text",
    "named texts with commas, quotes and line ends",
    'Action: search, query="a, \\"b\\"\\n(c, d", limit=3 End Action',
    action('search(query="a, \\"b\\"\\n(c, d", limit=3)'),
  ],
  ["text", "no arguments", "Action: search End Action", action("search()")],
  ["text", "an unknown function", "Action: fly, away End Action", malformed(/no function "fly"/)],
  ["text", "an empty action", "Action: End Action", malformed(/action is empty/)],
  ["text", "an answer", "Answer: 42", answer("42")],
];

describe("formats of calls", () => {
  it.each(cases)("%s: reads %s", (format, _name, reply, expected) => {
    expect(read(format, [reply]).reply).toMatchObject(expected);
  });

  it.each(cases)("%s: reads %s cut at every character and in two", (format, _name, reply) => {
    const whole = read(format, [reply]);
    expect(read(format, reply.split(""))).toEqual(whole);
    for (let cut = 1; cut < reply.length; cut++) {
      expect(read(format, [reply.slice(0, cut), reply.slice(cut)])).toEqual(whole);
    }
  });

  it.each(["json", "text"] as const)("%s: reads anything the same however it is cut", (format) => {
    const fragment = fc.constantFrom(
      ...'Action:|Answer:|End Action|Thought:|Observation:|Final Answer|{|}|[|]|"tool": "add"|"args": |,|\'|"|`|```json|\n|<tool_call>|\\|1|word|*| '.split(
        "|",
      ),
      "\n",
      " ",
    );
    const check = fc.property(
      fc.array(fragment, { maxLength: 18 }),
      fc.integer({ min: 1, max: 9 }),
      (parts, step) => {
        const reply = parts.join("");
        const pieces = reply.match(new RegExp(`[^]{1,${step}}`, "g")) ?? [];
        expect(read(format, pieces)).toEqual(read(format, [reply]));
      },
    );
    fc.assert(check, { numRuns: 3000 });
  });

  it.each(["json", "text"] as const)("%s: reads 300 KB in linear time", (format) => {
    const size = 300_000;
    for (const reply of [
      "A".repeat(size),
      "{".repeat(size),
      `Action: ${"x".repeat(size)}`,
      `Action: {"tool": "add", "args": [${"1, ".repeat(size / 3)}`,
      `Action: add, ${'"'.repeat(size)}`,
      `Answer: ${"\n".repeat(size)}`,
      `{"tool": "${"a".repeat(size)}`,
      "`".repeat(size),
      `Action:${" ".repeat(size)}`,
    ]) {
      const pieces = reply.match(/[^]{1,7}/g) ?? [];
      expect(read(format, pieces)).toEqual(read(format, [reply]));
    }
  });

  it("complete an action at its end", () => {
    expect(read("json", ['{"tool": "add", "args": [1, 2]}'])).toMatchObject({ complete: true });
    expect(read("text", ["Action: add, 1, 2 End Action"])).toMatchObject({ complete: true });
    expect(read("text", ["Action: add, 1, 2 "])).toMatchObject({ complete: false });
  });

  it("take plain words for the answer when they are told to", () => {
    const parser = createJsonFormat({ markedAnswers: false }).createParser({ functions });
    parser.push("It is 42.");
    expect(parser.finish()).toEqual(answer("It is 42."));
  });

  it("check no names where none are known", () => {
    const parser = createTextFormat().createParser();
    parser.push("Action: anything, 1");
    expect(parser.finish()).toMatchObject(action("anything(1)"));
  });

  it("list the functions and how to call them", () => {
    const text = createJsonFormat({ preamble: "You are Ada." }).instructions({
      functions,
      files: ["a.csv"],
    });
    expect(text).toMatch(/^You are Ada\.\n\n/);
    expect(text).toContain("- search(query: str, limit: int = 10) -> list: Searches.");
    expect(text).toContain('Action: {"tool": "name", "args": ["first", 2]} End Action');
    expect(text).toContain("Files in the current folder: a.csv.");
  });
});

describe("formats of calls that run Python", () => {
  const own = {
    json: createJsonFormat({ runsPython: true }),
    text: createTextFormat({ runsPython: true }),
  };
  const readOwn = (name: "json" | "text", reply: string) => {
    const parser = own[name].createParser({ functions });
    parser.push(reply);
    return parser.finish();
  };

  it.each([
    ["json", '{"tool": "run_python", "args": {"code": "x = [1, 2]\\nx"}}', "x = [1, 2]\nx"],
    ["json", '{"tool": "run_python", "args": ["print(1, 2)"]}', "print(1, 2)"],
    ["json", '{"name": "run_python", "arguments": {"script": "1"}}', "1"],
    ["json", '{"tool": "run_python", "args": ["x = 1", "x"]}', "x = 1\nx"],
    ["text", 'run_python, print("a, b", 2)', 'print("a, b", 2)'],
    ["text", "run_python, x = 5, 6", "x = 5, 6"],
    ["text", "run_python,\n    x = 5\n    x", "x = 5\nx"],
    ["text", "run_python\nfor x in y:\n    print(x)", "for x in y:\n    print(x)"],
    ["text", "run_python, ```python\nx\n```", "x"],
    ["text", "run_python, code='print(1)\\nx'", "print(1)\nx"],
    ["text", 'run_python("x = 1")', "x = 1"],
    ["text", "run_python, 2 + 2", "2 + 2"],
  ] as const)("%s: take the code of %s for the action", (format, body, code) => {
    const reply = `Action: ${body} End Action`;
    expect(readOwn(format, reply)).toEqual({ kind: "action", code, text: reply });
  });

  it("say so when there is no code, and call other functions as ever", () => {
    expect(readOwn("json", 'Action: {"tool": "run_python", "args": [1]} End Action')).toMatchObject(
      malformed(/^run_python needs its code as one text\. Write "Action: /),
    );
    expect(readOwn("text", "Action: add, 1, 2 End Action")).toMatchObject(action("add(1, 2)"));
    expect(readOwn("json", 'Action: {"tool": "print", "args": [1]} End Action')).toMatchObject(
      malformed(/can be called: run_python, search, /),
    );
  });

  it("tell of the function and of the interpreter, and show a traceback in full", () => {
    const text = own.json.instructions({ packages: ["numpy"], functions });
    expect(text).toMatch(/- run_python\(code: str\) -> str: Runs Python code[^]*- search\(/);
    expect(text).toContain("these packages can be imported: numpy.");
    expect(formats.json.instructions({ packages: ["numpy"], functions })).not.toContain("numpy");
    const error = { name: "E", message: "bad", traceback: "Traceback ...\nE: bad", frames: [] };
    const shown = own.text.render(
      { ...outcome, status: "error", error, outputs: [{ type: "error", error }] },
      { maxCharacters: 1000, images: false },
    );
    expect(shown).toEqual([{ type: "text", text: "Observation:\nTraceback ...\nE: bad" }]);
  });
});

const outcome: Outcome = {
  status: "ok",
  outputs: [],
  late: [],
  state: "kept",
  executionCount: 1,
  wallMs: 1,
  cpuMs: 1,
  peakMemoryBytes: 1,
};

describe("renderCallResult", () => {
  const render = (changes: Partial<Outcome>) =>
    formats.json.render({ ...outcome, ...changes }, { maxCharacters: 1000, images: false });
  const value = (plain: string) =>
    ({ outputs: [{ type: "value", data: { "text/plain": plain } }] }) as const;

  it("shows the value as text, and what went wrong in one line", () => {
    expect(render(value("'it\\'s\\n2'"))).toEqual([
      { type: "text", text: "Observation:\nit's\n2" },
    ]);
    expect(render(value("[1, 'a']"))).toEqual([{ type: "text", text: "Observation:\n[1, 'a']" }]);
    expect(render({})).toEqual([
      { type: "text", text: "Observation:\n[The function returned nothing]" },
    ]);
    const error = {
      name: "ValueError",
      message: "bad\nvalue",
      traceback: "Traceback ...",
      frames: [],
    };
    expect(render({ status: "error", error, outputs: [{ type: "error", error }] })).toEqual([
      { type: "text", text: "Observation:\nError: ValueError: bad" },
    ]);
  });
});
