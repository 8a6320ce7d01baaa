import { readString } from "./string-literal.ts";

/** A value that was written as JSON or as a Python literal. */
export interface Literal {
  readonly value: unknown;
  /** The same as a Python expression; numbers keep the digits that were written. */
  readonly python: string;
  /** Of a list, a tuple or a set. */
  readonly items?: readonly Literal[];
  /** Of a dict, keys as text; the last of equal keys counts. */
  readonly entries?: readonly (readonly [string, Literal])[];
}

export interface LiteralOptions {
  /** Whether the text may end before its brackets and quotes are closed. Default: false. */
  readonly cut?: boolean;
}

/** Nesting beyond this is no literal. */
const maxDepth = 100;

const words: Readonly<Record<string, Literal>> = {
  true: { value: true, python: "True" },
  True: { value: true, python: "True" },
  false: { value: false, python: "False" },
  False: { value: false, python: "False" },
  null: { value: null, python: "None" },
  None: { value: null, python: "None" },
  undefined: { value: null, python: "None" },
  NaN: { value: Number.NaN, python: 'float("nan")' },
  nan: { value: Number.NaN, python: 'float("nan")' },
  Infinity: { value: Number.POSITIVE_INFINITY, python: 'float("inf")' },
  inf: { value: Number.POSITIVE_INFINITY, python: 'float("inf")' },
};

const blank = /(?:\s|#[^\n]*|\/\/[^\n]*|\/\*[^]*?\*\/)*/y;
const number =
  /[-+]?(?:0[xX][\da-fA-F]+|0[oO][0-7]+|0[bB][01]+|(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?)(?![\w.])/y;
const word = /[-+]?[A-Za-z]\w*/y;
const bareKey = /[A-Za-z_$][\w$-]*(?=\s*:)/y;

/**
 * Reads the literal at `start`: JSON or Python, with single quotes, trailing or missing commas, comments and
 * bare keys. Returns it with the index behind it; undefined when there is none.
 */
export function readLiteral(
  text: string,
  start = 0,
  options: LiteralOptions = {},
): (Literal & { readonly end: number }) | undefined {
  const { cut = false } = options;
  let at = start;

  function skip(): void {
    blank.lastIndex = at;
    blank.exec(text);
    at = blank.lastIndex;
  }

  function take(pattern: RegExp): string | undefined {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  }

  function readText(): Literal | undefined {
    const found = readString(text, at, cut);
    if (found === undefined) return undefined;
    at = found.end;
    return { value: found.value, python: JSON.stringify(found.value) };
  }

  function readValue(depth: number): Literal | undefined {
    if (depth > maxDepth) return undefined;
    skip();
    const char = text[at];
    if (char === "{") return readBraces(depth);
    if (char === "[") return readItems("]", depth);
    if (char === "(") return readItems(")", depth);
    const string = readText();
    if (string !== undefined) return string;
    const digits = take(number);
    if (digits !== undefined) return numberLiteral(digits);
    const name = take(word);
    if (name === undefined) return undefined;
    const negative = name.startsWith("-");
    const known = Object.hasOwn(words, name.replace(/^[-+]/, ""))
      ? words[name.replace(/^[-+]/, "")]
      : undefined;
    if (known === undefined || !/^[-+]/.test(name)) return known;
    if (typeof known.value !== "number") return undefined;
    return { value: negative ? -known.value : known.value, python: `${name[0]}${known.python}` };
  }

  /** Reads items up to `close`. */
  function readItems(close: string, depth: number): Literal | undefined {
    at += 1;
    const items: Literal[] = [];
    let commas = 0;
    for (;;) {
      skip();
      if (text[at] === undefined && cut) break;
      if (text[at] === close) {
        at += 1;
        break;
      }
      const item = readValue(depth + 1);
      if (item === undefined) return undefined;
      items.push(item);
      skip();
      if (text[at] === ",") {
        at += 1;
        commas += 1;
      }
    }
    const [first] = items;
    if (close === ")" && items.length === 1 && commas === 0 && first) return first;
    return sequence(items, close);
  }

  function readBraces(depth: number): Literal | undefined {
    at += 1;
    const entries = new Map<string, readonly [Literal, Literal]>();
    const items: Literal[] = [];
    for (;;) {
      skip();
      if (text[at] === undefined && cut) break;
      if (text[at] === "}") {
        at += 1;
        break;
      }
      const bare = take(bareKey);
      const key = bare === undefined ? readValue(depth + 1) : textLiteral(bare);
      if (key === undefined) return undefined;
      skip();
      if (text[at] === ":") {
        at += 1;
        skip();
        if (text[at] === undefined && cut) break;
        const value = readValue(depth + 1);
        if (value === undefined) return undefined;
        entries.set(String(key.value), [key, value]);
      } else {
        items.push(key);
      }
      skip();
      if (text[at] === ",") at += 1;
    }
    if (items.length > 0) return entries.size > 0 ? undefined : sequence(items, "}");
    return dict(entries);
  }

  const literal = readValue(0);
  return literal && { ...literal, end: at };
}

/** The literal that is the whole text, apart from white space around it. */
export function parseLiteral(text: string, options: LiteralOptions = {}): Literal | undefined {
  const literal = readLiteral(text, 0, options);
  return literal !== undefined && text.slice(literal.end).trim() === "" ? literal : undefined;
}

/** Makes the literal of a text. */
export function textLiteral(text: string): Literal {
  return { value: text, python: JSON.stringify(text) };
}

function numberLiteral(written: string): Literal {
  const digits = written.replaceAll("_", "").replace(/^\+/, "");
  // Python refuses leading zeros, and has integers of any length.
  const python = digits.replace(/^(-?)0+(?=\d)/, "$1");
  const based = /^(-?)(0[xXoObB].*)$/.exec(digits);
  const value = based ? Number(based[2]) * (based[1] === "-" ? -1 : 1) : Number(python);
  return { value, python };
}

function sequence(items: readonly Literal[], close: string): Literal {
  const inner = items.map(({ python }) => python).join(", ");
  const python =
    close === "]"
      ? `[${inner}]`
      : close === "}"
        ? `{${inner}}`
        : `(${inner}${items.length === 1 ? "," : ""})`;
  return { value: items.map(({ value }) => value), python, items };
}

function dict(entries: ReadonlyMap<string, readonly [Literal, Literal]>): Literal {
  const pairs = [...entries];
  return {
    value: Object.fromEntries(pairs.map(([key, [, literal]]) => [key, literal.value])),
    python: `{${pairs.map(([, [key, literal]]) => `${key.python}: ${literal.python}`).join(", ")}}`,
    entries: pairs.map(([key, [, literal]]) => [key, literal]),
  };
}
