import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ToolCallDelta } from "../models/model.ts";
import { createCodeFormat } from "./code-format.ts";
import type { ParsedReply } from "./format.ts";

const functions = [{ name: "search", signature: "(query)", description: "Searches." }];

interface Reading {
  readonly reply: ParsedReply;
  readonly complete: boolean;
  readonly text: string;
  readonly code: string;
}

type Piece = string | ToolCallDelta;

function read(pieces: readonly Piece[], actions: "tool-call" | "tags" = "tool-call"): Reading {
  const parser = createCodeFormat({ actions }).createParser({ functions });
  const seen = { text: "", code: "" };
  for (const piece of pieces) {
    const segments =
      typeof piece === "string" ? parser.push(piece) : (parser.pushToolCall?.(piece) ?? []);
    for (const segment of segments) seen[segment.type] += segment.text;
  }
  const { complete } = parser;
  return { reply: parser.finish(), complete, ...seen };
}

function call(text: string, name = "execute_python", index = 0): ToolCallDelta {
  return { type: "tool-call-delta", index, id: `c${index}`, name, arguments: text };
}

/** The same call in pieces of `step` characters. */
function inPieces(text: string, step: number, name?: string): ToolCallDelta[] {
  const deltas = [call("", name)];
  for (let at = 0; at < text.length; at += step) {
    const piece = text.slice(at, at + step);
    deltas.push({ type: "tool-call-delta", index: 0, arguments: piece });
  }
  return deltas;
}

const cases: readonly (readonly [name: string, written: string, code: string])[] = [
  ["JSON", '{"code": "x = \\"a\\"\\nprint(x)"}', 'x = "a"\nprint(x)'],
  ["escapes", '{"code": "\\u00e9 \\ud83d\\ude00 \\/ \\d \\\'"}', "é 😀 / \\d '"],
  ["JSON that was cut", '{"code": "print(1)\\n', "print(1)"],
  ["line ends that are not escaped", '{"code": "x = 1\nprint(x)"}', "x = 1\nprint(x)"],
  [
    "quotes that are not escaped",
    '{"code": "d = {"a": "b"}\nprint(d)"}',
    'd = {"a": "b"}\nprint(d)',
  ],
  ["single quotes", "{'code': 'print(1)'}", "print(1)"],
  ["triple quotes", '{"code": """print("x")\ny"""}', 'print("x")\ny'],
  ["backticks", '{"code": `x = 1`}', "x = 1"],
  ["JSON in JSON", '"{\\"code\\": \\"print(1)\\"}"', "print(1)"],
  ["code as a JSON string", '"print(1)"', "print(1)"],
  ["another key", '{"script": "x = 1", "timeout": 5}', "x = 1"],
  ["an unusual key", '{"my_code": "print(3)"}', "print(3)"],
  ["a wrapper", '{"arguments": {"code": "x"}}', "x"],
  ["a wrapper in text", '{"arguments": "{\\"code\\": \\"x = 1\\"}"}', "x = 1"],
  ["lines", '{"source": ["a = 1\\n", "b = 2"]}', "a = 1\nb = 2"],
  ["code in place of JSON", "x = {1: 2}\nprint(x)", "x = {1: 2}\nprint(x)"],
  ["code that starts like JSON", "{x for x in y}", "{x for x in y}"],
  ["code that starts with a list", "[x for x in range(3)]", "[x for x in range(3)]"],
  ["code that starts with a string", '"""doc"""\nprint(1)', '"""doc"""\nprint(1)'],
  ["fenced code", "```python\nx = 1\n```", "x = 1"],
  ["tagged code", "<execute>\nx = 1\n</execute>", "x = 1"],
  ["fenced JSON", '```json\n{"code": "x = 1"}\n```', "x = 1"],
  ["a fence in JSON", '{"code": "```python\\nx = 1\\n```"}', "x = 1"],
  ["carriage returns", '{"code": "x = 1\\r\\ny = 2"}', "x = 1\ny = 2"],
];

describe("a tool call", () => {
  it.each(cases)("is read from %s", (_name, written, code) => {
    const { reply } = read(["I look. ", call(written)]);
    expect(reply).toMatchObject({ kind: "action", code, text: "I look." });
    const toolCall = reply.kind === "action" ? reply.toolCall : undefined;
    expect(toolCall).toMatchObject({ type: "tool-call", id: "c0", name: "execute_python" });
    // Servers and templates parse the arguments of history.
    expect(typeof JSON.parse(toolCall?.arguments ?? "")).toBe("object");
  });

  it.each(cases)("is read alike from %s cut at every character", (_name, written) => {
    const whole = read([call(written)]);
    for (let step = 1; step < written.length; step++) {
      expect(read(inPieces(written, step))).toEqual(whole);
    }
  });

  it("is read alike from anything, however it is cut", () => {
    const fragment = fc.constantFrom(
      ...'{ } [ ] " \' ` \\ \\" \\n \\u00e9 \\ud83d , : code name ``` <execute> print( x=1 true'.split(
        " ",
      ),
      '{"code": "',
      '"}',
      "\n",
      " ",
    );
    const pieces = fc.array(fragment, { maxLength: 16 });
    const check = fc.property(pieces, fc.integer({ min: 1, max: 5 }), (parts, step) => {
      const written = parts.join("");
      expect(read(inPieces(written, step))).toEqual(read([call(written)]));
    });
    fc.assert(check, { numRuns: 3000 });
  });

  it("keeps any code that was written as JSON", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 1, max: 9 }), (text, step) => {
        const code = `x = ${JSON.stringify(text)}`;
        const reading = read(inPieces(JSON.stringify({ code }), step));
        expect(reading).toMatchObject({ reply: { code }, complete: true, code });
      }),
    );
  });

  it("streams its code", () => {
    const parser = createCodeFormat({ actions: "tool-call" }).createParser();
    const push = (text: string) => parser.pushToolCall?.(call(text));
    expect(push("")).toEqual([]);
    expect(push('{"code": "pri')).toEqual([{ type: "code", text: "pri" }]);
    expect(push("nt(1)\\")).toEqual([{ type: "code", text: "nt(1)" }]);
    expect(push("nx")).toEqual([{ type: "code", text: "\nx" }]);
    expect(parser.complete).toBe(false);
    expect(push('"}')).toEqual([]);
    expect(parser.complete).toBe(true);
  });

  it("counts whatever the tool is called, and history has the right name", () => {
    for (const name of ["python", "code_interpreter", "functions.execute_python", ""]) {
      const { reply } = read([call('{"code": "x"}', name)]);
      expect(reply).toMatchObject({ code: "x", toolCall: { name: "execute_python" } });
    }
  });

  it("of a function of the interpreter is the line of Python that calls it", () => {
    const { reply } = read([call('{"query": "a\\nb"}', "search")]);
    expect(reply).toMatchObject({
      kind: "action",
      code: 'search(query="a\\nb")',
      call: { name: "search", args: [], kwargs: { query: "a\nb" } },
      toolCall: { name: "search", arguments: '{"query": "a\\nb"}' },
    });
  });

  it("counts alone: a second one completes it and is dropped", () => {
    const first = call("print(1)");
    const second = call('{"code": "print(2)"}', "execute_python", 1);
    expect(read([first]).complete).toBe(false);
    expect(read([first, second, "and text"])).toMatchObject({
      complete: true,
      code: "print(1)",
      text: "",
      reply: { code: "print(1)", text: "", toolCall: { id: "c0" } },
    });
  });

  it.each([
    ["{}", /holds no Python code\. Call execute_python/],
    ["", /holds no Python code/],
    ['{"code": " "}', /The code is empty\. Call execute_python/],
    ['{"query": "hello world"}', /holds no Python code/],
  ])("without code is malformed: %s", (written, reason) => {
    const { reply } = read([call(written)]);
    expect(reply).toMatchObject({
      kind: "malformed",
      reason: expect.stringMatching(reason) as string,
      toolCall: { id: "c0" },
    });
  });
});

describe("code in text, where the model has the tool", () => {
  const shown = "Like so:\n```python\nx = 1\n```\n";

  it("runs when no call follows", () => {
    expect(read([shown])).toMatchObject({
      reply: { kind: "action", code: "x = 1" },
      complete: false,
      text: "Like so:\n",
      code: "",
    });
    expect(read(["<execute>\nx = 1\n</execute>"]).reply).toMatchObject({ code: "x = 1" });
  });

  it("is prose when a call follows", () => {
    expect(read([shown, call('{"code": "y = 2"}')])).toMatchObject({
      reply: { kind: "action", code: "y = 2", text: shown.trim() },
      text: "Like so:\nx = 1\n",
      code: "y = 2",
    });
  });
});

describe("a tool call, where the model was told to write text", () => {
  it("counts unless an action came before it", () => {
    expect(read(["Go.", call('{"code": "y"}')], "tags").reply).toMatchObject({ code: "y" });
    const reading = read(["<execute>x</execute>\n", call('{"code": "y"}')], "tags");
    expect(reading.reply).toMatchObject({ code: "x" });
    expect(reading.reply).not.toHaveProperty("toolCall");
  });
});
