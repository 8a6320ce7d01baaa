const quotes = /[rRuUfF]?("""|'''|"|'|`)/y;

const escapes: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  b: "\b",
  f: "\f",
  v: "\v",
  a: "\u0007",
  "0": "\0",
  "\\": "\\",
  "/": "/",
  "'": "'",
  '"': '"',
  "`": "`",
  "\n": "",
};

/**
 * Reads the escape whose backslash is at `at`: what it means and the index behind it. An escape that neither
 * JSON nor Python knows keeps its backslash. `partial`: the text ends within it.
 */
export function readEscape(
  text: string,
  at: number,
  final: boolean,
): { readonly value: string; readonly end: number } | "partial" {
  const char = text[at + 1];
  if (char === undefined) return final ? { value: "\\", end: at + 1 } : "partial";
  const length = char === "u" ? 4 : char === "x" ? 2 : char === "U" ? 8 : 0;
  if (length > 0) {
    const digits = text.slice(at + 2, at + 2 + length);
    const code = Number.parseInt(digits, 16);
    if (/^[\da-fA-F]+$/.test(digits) && digits.length === length && code <= 0x10ffff) {
      return { value: String.fromCodePoint(code), end: at + 2 + length };
    }
    if (/^[\da-fA-F]*$/.test(digits) && digits.length < length && !final) return "partial";
    return { value: `\\${char}`, end: at + 2 };
  }
  const value = Object.hasOwn(escapes, char) ? escapes[char]! : `\\${char}`;
  return { value, end: at + 2 };
}

/** Reads all escapes in `text`. */
export function unescape(text: string): string {
  let result = "";
  let at = 0;
  for (let next = text.indexOf("\\"); next >= 0; next = text.indexOf("\\", at)) {
    const escape = readEscape(text, next, true);
    if (escape === "partial") break;
    result += text.slice(at, next) + escape.value;
    at = escape.end;
  }
  return result + text.slice(at);
}

/**
 * Reads the string at `at`, in any quotes of JSON, Python or JavaScript; line ends in it are accepted.
 * Undefined when there is none, or when it does not end and `cut` is false.
 */
export function readString(
  text: string,
  at: number,
  cut = false,
): { readonly value: string; readonly end: number } | undefined {
  quotes.lastIndex = at;
  const opening = quotes.exec(text);
  if (opening === null) return undefined;
  const quote = opening[1]!;
  const raw = /^r/i.test(opening[0]);
  const start = at + opening[0].length;
  for (let index = start; index < text.length; index++) {
    if (text[index] === "\\") {
      index += 1;
    } else if (text.startsWith(quote, index)) {
      const body = text.slice(start, index);
      return { value: raw ? body : unescape(body), end: index + quote.length };
    }
  }
  if (!cut) return undefined;
  const body = text.slice(start);
  return { value: raw ? body : unescape(body), end: text.length };
}
