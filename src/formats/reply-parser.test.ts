import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ParsedReply } from "./format.ts";
import { createCodeFormat } from "./code-format.ts";

interface Reading {
  readonly reply: ParsedReply;
  readonly complete: boolean;
  readonly text: string;
  readonly code: string;
}

const functions = [{ name: "search", signature: "(query, limit=10)", description: "Searches." }];

function read(pieces: readonly string[]): Reading {
  const parser = createCodeFormat().createParser({ functions });
  const seen = { text: "", code: "" };
  for (const piece of pieces) {
    for (const segment of parser.push(piece)) seen[segment.type] += segment.text;
  }
  const complete = parser.complete;
  return { reply: parser.finish(), complete, ...seen };
}

const action = (code: string, text?: string) => ({ kind: "action", code, ...(text && { text }) });
const answer = (text: string) => ({ kind: "answer", text });
const malformed = (reason: RegExp) => ({
  kind: "malformed",
  reason: expect.stringMatching(reason) as string,
});

const cases: readonly (readonly [name: string, reply: string, expected: object])[] = [
  [
    "a tag",
    "Let me look.\n\n<execute>\nimport pandas as pd\ndf = pd.read_csv('a.csv')\n</execute>",
    action(
      "import pandas as pd\ndf = pd.read_csv('a.csv')",
      "Let me look.\n\n<execute>\nimport pandas as pd\ndf = pd.read_csv('a.csv')\n</execute>",
    ),
  ],
  [
    "a tag on one line",
    "<thought> Try it. </thought> <execute> print(1 + 1) </execute>",
    action("print(1 + 1)", "<thought> Try it. </thought> <execute> print(1 + 1) </execute>"),
  ],
  ["a tag after prose", "Now: <execute>\nx = 1\n</execute>", action("x = 1")],
  ["upper case", "<Execute>\nx = 1\n</EXECUTE>", action("x = 1")],
  [
    "a missing closing tag",
    "<execute>\nx = 1\nprint(x)\n",
    action("x = 1\nprint(x)", "<execute>\nx = 1\nprint(x)\n</execute>"),
  ],
  ["a partial closing tag", "<execute>\nx = 1\n</execut", action("x = 1")],
  ["a closing tag without its end", "<execute>\nx = 1\n</execute", action("x = 1")],
  [
    "a broken closing tag and more",
    "<execute>\nx = 1\n</execute\nDone.",
    action("x = 1", "<execute>\nx = 1\n</execute>"),
  ],
  [
    "two blocks",
    "<execute>\na = 1\n</execute>\nThen\n<execute>\nb = 2\n</execute>",
    action("a = 1", "<execute>\na = 1\n</execute>"),
  ],
  [
    "an invented observation",
    "<execute>\nprint(2)\nExecution Output:\n2\nThe answer is 2.",
    action("print(2)", "<execute>\nprint(2)\n</execute>"),
  ],
  [
    "carriage returns",
    "Go.\r\n<execute>\r\nx = 1\r\ny = 2\r\n</execute>\r\n",
    action("x = 1\ny = 2"),
  ],
  ["a template token", "<execute>\nx = 1<|im_end|>\n", action("x = 1")],
  ["a token after the answer", "It is 4.<|im_end|>\n<|im_start|>user", answer("It is 4.")],
  [
    "a python fence",
    "I load it:\n```python\nx = 1\n```\nand so on",
    action("x = 1", "I load it:\n```python\nx = 1\n```"),
  ],
  ["a py fence in capitals", "```PY\nx = 1\n```", action("x = 1")],
  ["tildes", "~~~python\nx = 1\n~~~", action("x = 1")],
  ["a fence at the end of a line", "Here: ```python\nx = 1\n```", action("x = 1")],
  [
    "an indented fence",
    "1. Load\n   ```python\n   for i in x:\n       print(i)\n   ```",
    action("for i in x:\n    print(i)"),
  ],
  ["a fence without language", "```\nimport math\nmath.pi\n```", action("import math\nmath.pi")],
  ["an unclosed fence", "```python\nx = 1\n`", action("x = 1", "```python\nx = 1\n```")],
  [
    "a fence in a tag",
    "<execute>\n```python\nx = 1\n```\n</execute>",
    action("x = 1", "<execute>\n```python\nx = 1\n```\n</execute>"),
  ],
  [
    "a tag in a fence",
    "```python\n<execute>\nx = 1\n</execute>\n```",
    action("x = 1", "```python\n<execute>\nx = 1\n</execute>\n```"),
  ],
  ["a tag in a fence without language", "```\n<execute>\nx = 1\n</execute>\n```", action("x = 1")],
  [
    "a closing tag in a string",
    "<execute>\nprint('</execute>')\nprint(2)\n</execute>",
    action("print('</execute>')\nprint(2)"),
  ],
  [
    "a closing tag in a block string",
    '<execute>\ns = """\n</execute>\n"""\nprint(s)\n</execute>',
    action('s = """\n</execute>\n"""\nprint(s)'),
  ],
  [
    "a fence in a block string",
    "```python\ndoc = '''\n```\nx\n```\n'''\nlen(doc)\n```\n",
    action("doc = '''\n```\nx\n```\n'''\nlen(doc)"),
  ],
  [
    "a block string that never ends",
    '<execute>\ns = """abc\n</execute>\nI wait.',
    action('s = """abc', '<execute>\ns = """abc\n</execute>'),
  ],
  ["an unbalanced quote", "<execute> print('it's') </execute>\nNow wait.", action("print('it's')")],
  [
    "a comment before the closing tag",
    "<execute> x = 1 # don't </execute>",
    action("x = 1 # don't"),
  ],
  [
    "less-than in code",
    "<execute>\nif a < b and c </ d:\n    pass\n</execute>",
    action("if a < b and c </ d:\n    pass"),
  ],
  ["indented code", "<execute>\n    x = 1\n    y = 2\n</execute>", action("x = 1\ny = 2")],
  ["thinking", "<think>\n<execute>\nno\n</execute>\n</think>\n\nIt is 4.", answer("It is 4.")],
  ["thinking without its start", "maybe 4?\n</think>\nIt is 4.", answer("It is 4.")],
  [
    "thinking before an action",
    "<think>hm</think>\n<execute>\nx\n</execute>",
    action("x", "<execute>\nx\n</execute>"),
  ],
  ["plain words", "The mean is 3.2, see `df.mean()`.", answer("The mean is 3.2, see `df.mean()`.")],
  ["tags of thoughts", "<thought>Well.</thought> It is 4.", answer("Well. It is 4.")],
  [
    "a tag in backticks",
    "Put it in `<execute>` and `</execute>`.",
    answer("Put it in `<execute>` and `</execute>`."),
  ],
  [
    "a tag in prose",
    "I would use the <execute> tag for that.\nBut why?",
    answer("I would use the <execute> tag for that.\nBut why?"),
  ],
  [
    "both tags in prose",
    "Use <execute> and </execute> or <execute>...</execute> for it.",
    answer("Use <execute> and </execute> or <execute>...</execute> for it."),
  ],
  [
    "a block of JSON",
    'The result:\n```json\n{"a": 1}\n```\nThat is all.',
    answer('The result:\n```json\n{"a": 1}\n```\nThat is all.'),
  ],
  ["a block of shell", "Run\n```bash\nls\n```", answer("Run\n```bash\nls\n```")],
  ["a block of output", "```\n   a  b\n0  1  2\n```", answer("```\n   a  b\n0  1  2\n```")],
  [
    "code after a block of text",
    "```text\n<execute>\n```\n<execute>\nx = 1\n</execute>",
    action("x = 1"),
  ],
  ["a fence in one line", "Use ```x = 1``` here.", answer("Use ```x = 1``` here.")],
  ["an end-of-sequence token", "It is 4.</s>", answer("It is 4.")],
  [
    "a call in the way of Hermes",
    'I look.\n<tool_call>\n{"name": "execute_python", "arguments": {"code": "x = 1\\nprint(x)"}}\n</tool_call>\nDone',
    action(
      "x = 1\nprint(x)",
      'I look.\n<tool_call>\n{"name": "execute_python", "arguments": {"code": "x = 1\\nprint(x)"}}\n</tool_call>',
    ),
  ],
  [
    "a call with its arguments first, for another tool",
    '<tool_call>{"arguments": {"code": "x = 1"}, "name": "code_interpreter"}</tool_call>',
    action("x = 1"),
  ],
  [
    "a call without its last bracket and mark",
    '<tool_call>\n{"name": "python", "arguments": {"code": "print(\'a\')"}',
    action("print('a')"),
  ],
  [
    "a call with quotes that are not escaped",
    '<tool_call>\n{"name": "python", "arguments": {"code": "print("a", "b")"}}\n</tool_call>',
    action('print("a", "b")'),
  ],
  ["a call that holds only code", "<tool_call>\nprint(1)\n</tool_call>", action("print(1)")],
  [
    "a call with tags for its parameters",
    "<tool_call>\n<function=execute_python>\n<parameter=code>\nx = 1\nx\n</parameter>\n</function>\n</tool_call>",
    action("x = 1\nx"),
  ],
  [
    "a call in the way of Llama",
    '<function=execute_python>{"code": "x = 1"}</function>',
    action("x = 1"),
  ],
  ["a Python tag", "<|python_tag|>import math\nmath.pi<|eom_id|>", action("import math\nmath.pi")],
  [
    "a list of calls in the way of Mistral",
    '[TOOL_CALLS] [{"name": "execute_python", "arguments": {"code": "x = 1"}}, {"name": "f"}]',
    action("x = 1"),
  ],
  [
    "a name and arguments in the way of Mistral",
    '[TOOL_CALLS]execute_python[ARGS]{"code": "x = 1"}',
    action("x = 1"),
  ],
  [
    "a call of a function of the interpreter",
    '<tool_call>{"name": "search", "arguments": {"query": "it\'s", "limit": 3}}</tool_call>',
    {
      ...action('search(query="it\'s", limit=3)'),
      call: { name: "search", args: [], kwargs: { query: "it's", limit: 3 } },
    },
  ],
  [
    "a mention of the mark of calls",
    "I would write a <tool_call> tag.",
    answer("I would write a <tool_call> tag."),
  ],
  ["a link", "See [1] and [the site](http://a.b).", answer("See [1] and [the site](http://a.b).")],
  [
    "a call without code",
    '<tool_call>{"name": "weather", "arguments": {"city": "Rome"}}</tool_call>',
    malformed(/The call of "weather" holds no Python code\. Write/),
  ],
  ["a call of nothing", "<tool_call>\n</tool_call>", malformed(/holds no Python code/)],
  ["an empty block", "<execute>\n\n</execute>", malformed(/empty/)],
  ["an empty fence", "```python\n```", malformed(/empty/)],
  ["only a closing tag", "x = 1\n</execute>", malformed(/without <execute>/)],
  ["nothing", " \n", malformed(/empty/)],
  ["only thinking", "<think>hm", malformed(/thinking/)],
];

describe("the parser of code in text", () => {
  it.each(cases)("reads %s", (_name, reply, expected) => {
    expect(read([reply]).reply).toMatchObject(expected);
  });

  it.each(cases)("reads %s cut at every character", (_name, reply) => {
    expect(read(reply.split(""))).toEqual(read([reply]));
  });

  it.each(cases)("reads %s cut anywhere in two", (_name, reply) => {
    const whole = read([reply]);
    for (let cut = 1; cut < reply.length; cut++) {
      expect(read([reply.slice(0, cut), reply.slice(cut)])).toEqual(whole);
    }
  });

  it("reads any text the same however it is cut", () => {
    const fragment = fc.constantFrom(
      ...'<execute>|<execute>|</execute>|```|```python\n|\n|`|~~~\n|x = 1|print(\'|"""|\'| |# |word|<think>|</think>|</thought>|<|im_end|>|</execut|Execution Output:\n|\r\n|\r|é😀|<tool_call>|</tool_call>|{"name": "python", "arguments": {|"code": "|"}}|\\"|\\n|\\ud83d|[TOOL_CALLS]|<function=f>|{'.split(
        "|",
      ),
      "<|im_end|>",
    );
    const text = fc.array(
      fc.oneof({ weight: 9, arbitrary: fragment }, fc.string({ maxLength: 4 })),
      {
        maxLength: 14,
      },
    );
    const check = fc.property(text, fc.array(fc.nat(12), { maxLength: 60 }), (parts, cuts) => {
      const reply = parts.join("");
      const pieces: string[] = [];
      let at = 0;
      for (const cut of cuts) {
        pieces.push(reply.slice(at, at + cut));
        at += cut;
      }
      pieces.push(reply.slice(at));
      expect(read(pieces)).toEqual(read([reply]));
    });
    fc.assert(check, { numRuns: 3000 });
  });

  it("shows prose and code as they come, without their marks", () => {
    const parser = createCodeFormat().createParser();
    expect(parser.push("Look: ")).toEqual([{ type: "text", text: "Look: " }]);
    expect(parser.push("<exe")).toEqual([]);
    expect(parser.push("cute>\nprint(")).toEqual([{ type: "code", text: "print(" }]);
    expect(parser.push("1)\n</exec")).toEqual([{ type: "code", text: "1)\n" }]);
    expect(parser.complete).toBe(false);
    expect(parser.push("ute> and so")).toEqual([]);
    expect(parser.complete).toBe(true);
    expect(parser.push(" on")).toEqual([]);
  });

  it("is complete as soon as a fence closes", () => {
    expect(read(["```python\nx = 1\n```"]).complete).toBe(true);
  });

  it("is complete only once the quote that may hold the mark is decided", () => {
    const parser = createCodeFormat().createParser();
    parser.push("<execute> print('it's') </execute>");
    expect(parser.complete).toBe(false);
    parser.push("\n");
    expect(parser.complete).toBe(true);
  });

  // The parsers once took time that grew with the square of such lines: minutes.
  const size = 300_000;
  it.each([
    ["letters that start a mark", `<execute>\n${"E".repeat(size)}`],
    ["closing marks in a string", `<execute>\nx = '${"</execute>".repeat(size / 10)}`],
    ["strings with a mark", `<execute>\n${"x = '</execute>' ; ".repeat(size / 20)}`],
    ["marks in a block string", `<execute>\nx = """${"</execute>\n".repeat(size / 10)}`],
    ["backticks", "`".repeat(size)],
    ["a fence without an end of line", `a \`\`\`python ${"x ".repeat(size / 2)}`],
    ["a tag in an endless line", `a <execute> ${"x".repeat(size)}`],
    ["spaces after a tag", `<execute>${" ".repeat(size)}`],
    ["spaces in a listing", `\`\`\`\n${" ".repeat(size)}`],
    ["ticks in a listing", `\`\`\`text\n${"`".repeat(size)}`],
    ["spaces in prose", `a${" ".repeat(size)}x`],
    ["end tokens", `a${" </s>".repeat(size / 5)}`],
    ["spaces in a call", `<tool_call>${" ".repeat(size)}`],
    ["a call without JSON", `<tool_call>${"x".repeat(size)}`],
    [
      "a long call",
      `<tool_call>{"name": "a", "arguments": {"code": "${"x = 1\\n".repeat(size / 8)}`,
    ],
    ["a call with broken quotes", `<tool_call>{"code": "${'f("a") '.repeat(size / 8)}`],
    ["nested JSON", `<tool_call>${'{"a":['.repeat(size / 6)}`],
  ])("reads 300 KB of %s in linear time", (_name, reply) => {
    const pieces = reply.match(/[^]{1,7}/g) ?? [];
    expect(read(pieces)).toEqual(read([reply]));
  });
});
