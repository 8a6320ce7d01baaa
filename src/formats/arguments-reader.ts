import { createCodeReader, tidyCode, type ActionReader } from "./code-reader.ts";
import { parseLiteral, type Literal } from "./literal.ts";
import { looksLikePython } from "./python-text.ts";
import { readEscape, unescape } from "./string-literal.ts";

/** Reads the arguments of a tool call that holds code, as they stream. */
export interface ArgumentsReader {
  /** Takes text and returns the code in it for people to see. */
  push(text: string, final: boolean): string;
  /** Whether the JSON value is complete: nothing that follows counts. */
  readonly complete: boolean;
  /** Characters up to the end of the JSON value, once it is complete. */
  readonly length: number;
  result(): ArgumentsReading;
}

export interface ArgumentsReading {
  readonly code?: string;
  /** The name of the tool, where it stands in the same object. */
  readonly name?: string;
  /** All that was read, when it is a literal. */
  readonly literal?: Literal;
}

const codeKeys = new Set([
  "code",
  "python",
  "python_code",
  "script",
  "source",
  "source_code",
  "program",
  "cell",
  "command",
  "input",
]);
const nameKeys = new Set(["name", "tool", "tool_name", "function"]);

/** What ends a JSON string: the end of its object or list, or the next key. */
const afterString = /\s*(?:[}\]]|,\s*(?:[}\]]|["'][\w-]{1,40}["']\s*:))/y;
const mayBeAfterString = /\s*(?:,\s*(?:["'][\w-]{0,40}(?:["']\s*)?)?)?$/y;
/** White space beyond this after a quote ends the string. */
const lookahead = 200;

/**
 * Creates a reader. It takes JSON with the code under any usual key at any depth, line ends and quotes in the
 * code that are not escaped, JSON within a JSON string, and code in place of JSON. A text that is cut counts
 * as far as it goes.
 */
export function createArgumentsReader(): ArgumentsReader {
  let all = "";
  let length = 0;
  let pending = "";
  let mode: "start" | "json" | "raw" | "whole" | "broken" | "done" = "start";
  let raw: ActionReader | undefined;
  let code: string | undefined;
  let name: string | undefined;
  let shown = "";
  const stack: string[] = [];
  let expectKey = false;
  let key = "";
  let string:
    | { readonly quote: string; readonly use: "key" | "code" | "other"; text: string }
    | undefined;

  /** Tells JSON from code by the first characters; false when more text is needed. */
  function start(final: boolean): boolean {
    pending = pending.trimStart().replace(/^([{[])\s+/, "$1");
    const fence = /^```json[ \t]*(\n?)/.exec(pending);
    if (fence !== null && fence[1] !== "") pending = pending.slice(fence[0].length).trimStart();
    if (!final && /^(?:`{0,2}|```(?:j(?:s(?:on?)?)?)?[ \t]*|[{[])$/.test(pending)) return false;
    if (!final && "<execute>".startsWith(pending.toLowerCase())) return false;
    if (/^\{\s*["'}]|^\[\s*\{/.test(pending)) mode = "json";
    else if (/^["']/.test(pending)) mode = "whole";
    else {
      mode = "raw";
      raw = createCodeReader({ tag: !/^<execute>/i.test(pending), fence: "```" });
    }
    return true;
  }

  /** Reads JSON up to `pending`'s end, or as far as it is decided. */
  function readJson(final: boolean): void {
    let at = 0;
    while (at < pending.length && mode === "json") {
      const next = string === undefined ? readToken(at, final) : readStringAt(at, final);
      if (next === undefined) break;
      at = next;
    }
    pending = pending.slice(at);
    if (mode === "done") length = all.length - pending.length;
  }

  /** Reads one token outside of strings and returns the index behind it. */
  function readToken(at: number, final: boolean): number | undefined {
    const char = pending[at]!;
    switch (char) {
      case "{":
      case "[":
        stack.push(char);
        expectKey = char === "{";
        break;
      case "}":
      case "]":
        stack.pop();
        expectKey = false;
        if (stack.length === 0) mode = "done";
        break;
      case ",":
        expectKey = stack.at(-1) === "{";
        break;
      case ":":
        expectKey = false;
        break;
      case '"':
      case "'":
      case "`": {
        const start = pending.slice(at, at + 3);
        if (!final && start.length < 3 && !/^.[^"'`]/.test(start)) return undefined;
        const triple = char.repeat(3);
        const quote = pending.startsWith(triple, at) ? triple : char;
        const isCode = stack.at(-1) === "{" && codeKeys.has(key) && code === undefined;
        string = { quote, use: expectKey ? "key" : isCode ? "code" : "other", text: "" };
        if (string.use === "code") code = "";
        return at + quote.length;
      }
      default:
        break;
    }
    return at + 1;
  }

  /** Reads a stretch of the open string. */
  function readStringAt(at: number, final: boolean): number | undefined {
    const { quote } = string!;
    if (pending[at] === "\\") {
      const escape = readEscape(pending, at, final);
      if (escape === "partial") return undefined;
      take(escape.value);
      return escape.end;
    }
    if (pending[at] !== quote[0]) {
      const stretch = new RegExp(`[^\\\\${quote[0]}]+`, "y");
      stretch.lastIndex = at;
      take(stretch.exec(pending)![0]);
      return stretch.lastIndex;
    }
    if (quote.length === 3) {
      if (pending.length - at < 3 && !final) return undefined;
      if (!pending.startsWith(quote, at)) {
        take(quote[0]!);
        return at + 1;
      }
    } else if (string!.use === "code") {
      const ends = endsString(at + 1, final);
      if (ends === undefined) return undefined;
      if (!ends) {
        mode = "broken";
        return at;
      }
    }
    closeString();
    return at + quote.length;
  }

  /** Tells whether a quote ends the code, by what follows; a quote that was not escaped does not. */
  function endsString(at: number, final: boolean): boolean | undefined {
    afterString.lastIndex = at;
    if (afterString.test(pending)) return true;
    mayBeAfterString.lastIndex = at;
    if (!mayBeAfterString.test(pending)) return false;
    return final || pending.length - at > lookahead ? true : undefined;
  }

  function take(text: string): void {
    if (string!.use === "code") {
      code += text;
      shown += text;
    } else if (string!.text.length < lookahead) {
      string!.text += text;
    }
  }

  function closeString(): void {
    const { use, text } = string!;
    if (use === "key") key = text;
    else if (use === "other" && nameKeys.has(key) && stack.length <= 3) name ??= text;
    string = undefined;
  }

  /** The code of a string with quotes that were not escaped: up to the last quote that ends something. */
  function brokenCode(): string {
    const rest = pending.trimEnd().replace(/[\s}\],`]+$/, "");
    const { quote } = string!;
    return unescape(rest.endsWith(quote) ? rest.slice(0, -quote.length) : pending);
  }

  function wholeResult(): ArgumentsReading {
    const literal = parseLiteral(all, { cut: true });
    if (typeof literal?.value === "string") {
      const inner = createArgumentsReader();
      inner.push(literal.value, true);
      const reading = inner.result();
      if (reading.code !== undefined || reading.literal !== undefined) return reading;
    }
    return rawResult(all);
  }

  /** The code that stands elsewhere than in a string under a usual key. */
  function looseResult(): ArgumentsReading {
    const text = mode === "done" ? all.slice(0, length) : all;
    const literal = parseLiteral(text.slice(text.search(/[{[]/)), { cut: true });
    const named = name === undefined ? {} : { name };
    const values = literal === undefined ? [] : entriesOf(literal);
    const lines = values.find(([label, { items }]) => codeKeys.has(label) && items !== undefined);
    if (lines !== undefined) {
      const source = (lines[1].items ?? []).map(({ value }) => String(value).replace(/\n$/, ""));
      return { ...named, code: tidyCode(source.join("\n")) };
    }
    const texts = values.flatMap(([label, { value }]) =>
      typeof value === "string" && !nameKeys.has(label) ? [value] : [],
    );
    for (const text of texts) {
      if (/^\s*\{\s*"/.test(text)) {
        const inner = createArgumentsReader();
        inner.push(text, true);
        const reading = inner.result();
        if (reading.code !== undefined) return { ...named, ...reading };
      }
    }
    const [only] = texts;
    return {
      ...named,
      ...(texts.length === 1 && only !== undefined && looksLikePython(only.split("\n", 1)[0]!)
        ? { code: plainCode(only) }
        : {}),
      ...(literal && { literal }),
    };
  }

  return {
    get complete() {
      return mode === "done";
    },
    get length() {
      return length;
    },
    push(text, final) {
      if (mode === "done") return "";
      all += text;
      pending += text;
      shown = "";
      if (mode === "start" && !start(final)) return "";
      if (mode === "json") readJson(final);
      if (mode === "raw") {
        const piece = raw!.push(pending, final);
        pending = "";
        return piece;
      }
      return shown;
    },
    result() {
      if (mode === "start") return {};
      if (mode === "raw") return rawResult(all);
      if (mode === "whole") return wholeResult();
      if (code === undefined) return looseResult();
      const literal = mode === "done" ? parseLiteral(all.slice(0, length)) : undefined;
      return {
        code: plainCode(mode === "broken" ? code + brokenCode() : code),
        ...(name !== undefined && { name }),
        ...(literal && { literal }),
      };
    },
  };
}

/** The entries of an object and of the objects in it. */
function entriesOf(literal: Literal): readonly (readonly [string, Literal])[] {
  const inner = [...(literal.items ?? []), ...(literal.entries ?? []).map(([, value]) => value)];
  return [...(literal.entries ?? []), ...inner.flatMap(entriesOf)];
}

function rawResult(text: string): ArgumentsReading {
  const code = plainCode(text);
  return code === "" ? {} : { code };
}

/** Code without a fence or a tag around it. */
function plainCode(text: string): string {
  const code = text.replaceAll("\r\n", "\n");
  const start = code.trimStart();
  if (!/^(?:```|<execute>)/i.test(start)) return tidyCode(code);
  const reader = createCodeReader({ tag: !start.startsWith("<"), fence: "```" });
  reader.push(start, true);
  return reader.result().code;
}
