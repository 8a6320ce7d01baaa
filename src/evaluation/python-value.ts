/** A value as a Python literal writes it. */
export type PythonValue = null | boolean | number | string | PythonSequence | PythonDict;

export interface PythonSequence {
  readonly kind: "list" | "tuple" | "set";
  readonly items: readonly PythonValue[];
}

export interface PythonDict {
  readonly kind: "dict";
  readonly entries: readonly (readonly [PythonValue, PythonValue])[];
}

const maxDepth = 50;

/** Reads a Python (or JSON) literal: numbers, strings, lists, tuples, sets, dicts. Undefined when `text` is none. */
export function parsePythonValue(text: string): PythonValue | undefined {
  let at = 0;

  class NoLiteral extends Error {}

  function fail(): never {
    throw new NoLiteral();
  }

  function skip(): void {
    const blanks = /(?:\s|#[^\n]*)*/y;
    blanks.lastIndex = at;
    at += blanks.exec(text)![0].length;
  }

  function takes(token: string): boolean {
    skip();
    if (!text.startsWith(token, at)) return false;
    at += token.length;
    return true;
  }

  function value(depth: number): PythonValue {
    if (depth > maxDepth) fail();
    skip();
    const start = text[at];
    if (start === "[") return sequence("list", "[", "]", depth);
    if (start === "(") return parenthesis(depth);
    if (start === "{") return braces(depth);
    return isString() ? strings() : word();
  }

  /** Items up to `close`, and whether a comma was among them. */
  function items(close: string, depth: number): { found: PythonValue[]; comma: boolean } {
    const found: PythonValue[] = [];
    let comma = false;
    while (!takes(close)) {
      if (found.length > 0 && !comma) fail();
      found.push(value(depth + 1));
      comma = takes(",");
    }
    return { found, comma };
  }

  function sequence(kind: "list", open: string, close: string, depth: number): PythonValue {
    takes(open);
    return { kind, items: items(close, depth).found };
  }

  function parenthesis(depth: number): PythonValue {
    takes("(");
    const { found, comma } = items(")", depth);
    const [only] = found;
    return found.length === 1 && !comma && only !== undefined
      ? only
      : { kind: "tuple", items: found };
  }

  function braces(depth: number): PythonValue {
    takes("{");
    if (takes("}")) return { kind: "dict", entries: [] };
    const first = value(depth + 1);
    if (!takes(":")) {
      if (takes(",")) return { kind: "set", items: [first, ...items("}", depth).found] };
      if (!takes("}")) fail();
      return { kind: "set", items: [first] };
    }
    const entries: [PythonValue, PythonValue][] = [[first, value(depth + 1)]];
    while (!takes("}")) {
      if (!takes(",")) fail();
      if (takes("}")) break;
      const key = value(depth + 1);
      if (!takes(":")) fail();
      entries.push([key, value(depth + 1)]);
    }
    return { kind: "dict", entries };
  }

  function isString(): boolean {
    return /^[rRuU]?["']/.test(text.slice(at, at + 2));
  }

  /** Strings that follow each other are one. */
  function strings(): string {
    let read = "";
    while (isString()) {
      read += string();
      skip();
    }
    return read;
  }

  function string(): string {
    const prefix = /[rRuU]/.test(text[at]!) ? text[at++]! : "";
    const quote = /^("""|'''|["'])/.exec(text.slice(at, at + 3))![0];
    at += quote.length;
    let read = "";
    for (;;) {
      if (text.startsWith(quote, at)) {
        at += quote.length;
        return read;
      }
      const char = text[at++];
      if (char === undefined || (char === "\n" && quote.length === 1)) fail();
      if (char !== "\\") read += char;
      // In a raw string a quote that a backslash hides does not end it, and both stay.
      else read += /r/i.test(prefix) ? `\\${text[at++] ?? fail()}` : escape();
    }
  }

  function escape(): string {
    const char = text[at++];
    if (char === undefined) fail();
    const digits = { x: 2, u: 4, U: 8 }[char];
    if (digits !== undefined) {
      const hex = text.slice(at, at + digits);
      const code = /^[0-9a-f]+$/i.test(hex) ? Number.parseInt(hex, 16) : Infinity;
      if (hex.length < digits || code > 0x10ffff) fail();
      at += digits;
      return String.fromCodePoint(code);
    }
    return (
      { n: "\n", t: "\t", r: "\r", "0": "\0" }[char] ?? (/[\\'"/]/.test(char) ? char : `\\${char}`)
    );
  }

  function word(): PythonValue {
    const found =
      /^(?:[A-Za-z]+|[+-]?0(?:[xX][\da-fA-F_]+|[oO][0-7_]+|[bB][01_]+)|[+-]?(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?)/.exec(
        text.slice(at),
      )?.[0];
    if (found === undefined) return fail();
    at += found.length;
    if (found === "None" || found === "null") return null;
    if (found === "True" || found === "true") return true;
    if (found === "False" || found === "false") return false;
    if (/^[+-]?0\d*[1-9]\d*$/.test(found)) fail(); // such as 07, which Python refuses
    // Number() reads no sign before a radix.
    const [, sign, size] = /^([+-]?)(.*)$/.exec(found.replaceAll("_", ""))!;
    const number = Number(size) * (sign === "-" ? -1 : 1);
    return Number.isFinite(number) ? number : fail();
  }

  try {
    const read = value(0);
    skip();
    return at === text.length ? read : undefined;
  } catch (error) {
    if (error instanceof NoLiteral) return undefined;
    throw error;
  }
}

/** Tells whether two values are equal in Python; `isClose` compares numbers. A list equals a tuple of its items. */
export function pythonValuesEqual(
  one: PythonValue,
  other: PythonValue,
  isClose: (one: number, other: number) => boolean = Object.is,
): boolean {
  const equal = (a: PythonValue, b: PythonValue) => pythonValuesEqual(a, b, isClose);
  if (typeof one === "number" && typeof other === "number") return isClose(one, other);
  if (one === null || other === null || typeof one !== "object" || typeof other !== "object") {
    return one === other;
  }
  if (one.kind === "dict" || other.kind === "dict") {
    if (one.kind !== "dict" || other.kind !== "dict") return false;
    return (
      one.entries.length === other.entries.length &&
      one.entries.every(([key, item]) =>
        other.entries.some(
          ([otherKey, otherItem]) => equal(key, otherKey) && equal(item, otherItem),
        ),
      )
    );
  }
  if (one.items.length !== other.items.length) return false;
  if (one.kind === "set" || other.kind === "set") {
    return one.items.every((item) => other.items.some((candidate) => equal(item, candidate)));
  }
  return one.items.every((item, index) => equal(item, other.items[index]!));
}
