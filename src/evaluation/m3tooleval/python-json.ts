import { m3Dict, m3Float, m3Int, m3List, m3Text, m3Word, type M3Value } from "./m3-value.ts";

/** What Python's `json.loads` reads, or the message of the exception that it raises (CPython 3.8 to 3.12). */
export function readPythonJson(text: string): M3Value | { readonly fault: string } {
  try {
    return createReader(text)();
  } catch (error) {
    if (error instanceof JsonFault) return { fault: error.message };
    throw error;
  }
}

class JsonFault extends Error {}

const maxDepth = 500;
const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};
const words: readonly (readonly [string, () => M3Value])[] = [
  ["null", () => m3Word(null)],
  ["true", () => m3Word(true)],
  ["false", () => m3Word(false)],
  ["NaN", () => m3Float("nan")],
  ["Infinity", () => m3Float("inf")],
  ["-Infinity", () => m3Float("-inf")],
];

function createReader(text: string): () => M3Value {
  // Python counts characters, not halves of them.
  const chars = Array.from(text);
  let at = 0;

  function fail(message: string, position: number): never {
    const before = chars.slice(0, position);
    const line = before.filter((char) => char === "\n").length + 1;
    const column = position - before.lastIndexOf("\n");
    throw new JsonFault(`${message}: line ${line} column ${column} (char ${position})`);
  }

  function skip(): void {
    while (/^[ \t\n\r]$/.test(chars[at] ?? "")) at += 1;
  }

  function value(depth: number): M3Value {
    if (depth > maxDepth) throw new JsonFault("maximum recursion depth exceeded");
    const char = chars[at];
    if (char === '"') return m3Text(string());
    if (char === "{") return object(depth);
    if (char === "[") return array(depth);
    const rest = chars.slice(at, at + 9).join("");
    for (const [word, make] of words) {
      if (!rest.startsWith(word)) continue;
      at += word.length;
      return make();
    }
    return number();
  }

  function number(): M3Value {
    let end = at;
    while (/^[-+.\deE]$/.test(chars[end] ?? "")) end += 1;
    const run = chars.slice(at, end).join("");
    const [source, fraction, exponent] = /^-?(?:0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?/.exec(run) ?? [];
    if (source === undefined) return fail("Expecting value", at);
    at += source.length;
    return (fraction ?? exponent) === undefined ? m3Int(source) : m3Float(source);
  }

  function array(depth: number): M3Value {
    at += 1;
    skip();
    const items: M3Value[] = [];
    while (items.length > 0 || chars[at] !== "]") {
      items.push(value(depth + 1));
      skip();
      if (chars[at] === "]") break;
      comma();
    }
    at += 1;
    return m3List(items);
  }

  function object(depth: number): M3Value {
    at += 1;
    skip();
    const entries = new Map<string, M3Value>();
    while (entries.size > 0 || chars[at] !== "}") {
      if (chars[at] !== '"') fail("Expecting property name enclosed in double quotes", at);
      const key = string();
      skip();
      if (chars[at] !== ":") fail("Expecting ':' delimiter", at);
      at += 1;
      skip();
      entries.set(key, value(depth + 1));
      skip();
      if (chars[at] === "}") break;
      comma();
    }
    at += 1;
    return m3Dict(entries);
  }

  function comma(): void {
    if (chars[at] !== ",") fail("Expecting ',' delimiter", at);
    at += 1;
    skip();
  }

  function string(): string {
    const start = at;
    let read = "";
    for (at += 1; ; at += 1) {
      const char = chars[at] ?? fail("Unterminated string starting at", start);
      if (char === '"') break;
      if (char < " ") fail("Invalid control character at", at);
      read += char === "\\" ? escape(start) : char;
    }
    at += 1;
    return read;
  }

  /** Reads from a backslash to the escape's last character. */
  function escape(start: number): string {
    at += 1;
    const char = chars[at] ?? fail("Unterminated string starting at", start);
    if (char !== "u") return escapes[char] ?? fail("Invalid \\escape", at - 1);
    const hex = chars.slice(at + 1, at + 5).join("");
    if (at + 5 >= chars.length || !/^[\da-fA-F]{4}$/.test(hex)) fail("Invalid \\uXXXX escape", at);
    at += 4;
    return String.fromCharCode(Number.parseInt(hex, 16));
  }

  return () => {
    skip();
    const read = value(0);
    skip();
    return at < chars.length ? fail("Extra data", at) : read;
  };
}
