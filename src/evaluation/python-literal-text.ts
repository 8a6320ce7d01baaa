import { pythonFloatRepr, pythonTextRepr } from "./python-repr.ts";

/** What Python's `str(ast.literal_eval(text.strip()))` gives; undefined where it raises, and for complex numbers. */
export function pythonLiteralText(text: string): string | undefined {
  try {
    return readLiteral(text.trim());
  } catch (error) {
    if (error instanceof NoLiteral) return undefined;
    throw error;
  }
}

class NoLiteral extends Error {}

/** A literal as it is read: what `repr()` gives, what `str()` gives where that is something else. */
interface Literal {
  readonly repr: string;
  readonly str?: string;
  readonly isUnhashable?: true;
}

const maxDepth = 90;
const outside = /(?:[ \t\f]|#[^\n]*)*/y;
const inBrackets = /(?:\s|\\\n|#[^\n]*)*/y;
const number =
  /0[xX](?:_?[\da-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|(?:\d(?:_?\d)*\.(?:\d(?:_?\d)*)?|\.\d(?:_?\d)*)(?:[eE][+-]?\d(?:_?\d)*)?|\d(?:_?\d)*(?:[eE][+-]?\d(?:_?\d)*)?/y;
const stringStart = /([rR]?[bB]|[bB][rR]|[rRuU]?)("""|'''|["'])/y;

function readLiteral(text: string): string {
  let at = 0;
  let depth = 0;

  function fail(): never {
    throw new NoLiteral();
  }

  function match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = at;
    const found = pattern.exec(text) ?? undefined;
    if (found !== undefined) at += found[0].length;
    return found;
  }

  function takes(token: string): boolean {
    match(depth > 0 ? inBrackets : outside);
    if (!text.startsWith(token, at)) return false;
    at += token.length;
    return true;
  }

  function value(): Literal {
    if (depth > maxDepth) fail();
    if (takes("[")) {
      return { repr: `[${inside("]", items).reprs.join(", ")}]`, isUnhashable: true };
    }
    if (takes("(")) return inside(")", parenthesis);
    if (takes("{")) return inside("}", braces);
    if (takes("set()")) return { repr: "set()", isUnhashable: true };
    return strings() ?? word();
  }

  function inside<T>(close: string, read: (close: string) => T): T {
    depth += 1;
    const found = read(close);
    depth -= 1;
    return found;
  }

  /** Items up to `close`, or to the end of the text without one. */
  function items(close: string | undefined) {
    const found: Literal[] = [];
    let hasComma = false;
    while (close === undefined ? !isOver() : !takes(close)) {
      if (found.length > 0 && !hasComma) fail();
      found.push(value());
      hasComma = takes(",");
    }
    return { found, hasComma, reprs: found.map(({ repr }) => repr) };
  }

  function isOver(): boolean {
    const start = at;
    match(inBrackets);
    const isEnd = at >= text.length;
    if (!isEnd) at = start;
    return isEnd;
  }

  function parenthesis(close: string | undefined): Literal {
    const { found, hasComma, reprs } = items(close);
    if (found.length === 1 && !hasComma) return found[0]!;
    const isUnhashable = found.some((item) => item.isUnhashable === true);
    return {
      repr: `(${reprs.join(", ")}${reprs.length === 1 ? "," : ""})`,
      ...(isUnhashable && { isUnhashable }),
    };
  }

  function braces(): Literal {
    if (takes("}")) return { repr: "{}", isUnhashable: true };
    const first = hashable();
    if (!takes(":")) {
      const others = takes("}") ? [] : takes(",") ? items("}").found : fail();
      if (others.some((item) => item.isUnhashable)) fail();
      const members = new Set([first.repr, ...others.map(({ repr }) => repr)]);
      return { repr: `{${[...members].join(", ")}}`, isUnhashable: true };
    }
    const entries = new Map([[first.repr, value().repr]]);
    while (!takes("}")) {
      if (!takes(",")) fail();
      if (takes("}")) break;
      const key = hashable();
      if (!takes(":")) fail();
      entries.set(key.repr, value().repr);
    }
    const written = [...entries].map(([key, item]) => `${key}: ${item}`);
    return { repr: `{${written.join(", ")}}`, isUnhashable: true };
  }

  function hashable(): Literal {
    const read = value();
    return read.isUnhashable ? fail() : read;
  }

  /** Strings that follow each other are one. */
  function strings(): Literal | undefined {
    let read: string | undefined;
    for (let start = match(stringStart); start !== undefined; start = match(stringStart)) {
      if (/b/i.test(start[1]!)) fail();
      read = (read ?? "") + string(start[2]!, /r/i.test(start[1]!));
      match(depth > 0 ? inBrackets : outside);
    }
    return read === undefined ? undefined : { repr: pythonTextRepr(read), str: read };
  }

  function string(quote: string, isRaw: boolean): string {
    let read = "";
    for (;;) {
      if (text.startsWith(quote, at)) {
        at += quote.length;
        return read;
      }
      const char = text[at++];
      if (char === undefined || (char === "\n" && quote.length === 1)) fail();
      if (char !== "\\") read += char;
      else read += isRaw ? `\\${text[at++] ?? fail()}` : escape();
    }
  }

  function escape(): string {
    const octal = match(/[0-7]{1,3}/y)?.[0];
    if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
    const hex = match(/x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})/y);
    if (hex !== undefined) {
      const code = Number.parseInt(hex[1] ?? hex[2] ?? hex[3]!, 16);
      return code > 0x10ffff ? fail() : String.fromCodePoint(code);
    }
    const char = text[at++] ?? fail();
    // Names of characters are not known here.
    if (/[xuUN]/.test(char)) fail();
    const named = { a: "\x07", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v", "\n": "" };
    return (named as Record<string, string>)[char] ?? (/[\\'"]/.test(char) ? char : `\\${char}`);
  }

  function word(): Literal {
    const name = match(/(?:None|True|False)(?![\p{L}\p{N}_])/uy)?.[0];
    if (name !== undefined) return { repr: name };
    const sign = match(/[+-]?/y)![0] === "-" ? "-" : "";
    match(depth > 0 ? inBrackets : outside);
    const size = match(number)?.[0].replaceAll("_", "") ?? fail();
    if (/^[\p{L}\p{N}_.]/u.test(text.slice(at))) fail();
    if (/^\d*[.eE]|^\d+[eE]/.test(size) && !/^0[xX]/.test(size)) {
      return { repr: pythonFloatRepr(Number(`${sign}${size}`)) };
    }
    if (/^0+[1-9]/.test(size)) fail(); // such as 07, which Python refuses
    const whole = BigInt(size);
    return { repr: String(sign === "-" ? -whole : whole) };
  }

  if (isOver()) fail();
  const read = parenthesis(undefined);
  return read.str ?? read.repr;
}
