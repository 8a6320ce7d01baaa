import type { FormatName } from "../benchmark.ts";
import { pythonLiteral } from "../../syntax/python-literal.ts";

/** A call as a reply names it. */
export interface ApiBankCall {
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

/** Writes a call as the model is told to write it. */
export function writeCall({ name, arguments: input }: ApiBankCall, format: FormatName): string {
  const entries = Object.entries(input);
  switch (format) {
    case "code":
      return `[${name}(${entries.map(([key, value]) => `${key}=${pythonText(value)}`).join(", ")})]`;
    case "json":
      return JSON.stringify([{ action: name, ...input }]);
    case "text":
      return `[${[`Action: ${name}`, ...entries.map(([key, value]) => `${key}: ${plainText(value)}`)].join(", ")}]`;
  }
}

/**
 * Writes a call of the history as the original does: in code each value stands between single quotes as it is, and the
 * last two characters are cut off before the bracket, be they a comma and a blank or the end of a name without arguments.
 */
export function writeCallFaithfully(
  { name, arguments: input }: ApiBankCall,
  format: FormatName,
): string {
  const entries = Object.entries(input);
  switch (format) {
    case "code": {
      const values = entries.map(([key, value]) => `${key}='${plainText(value)}', `).join("");
      return `[${`${name}(${values}`.slice(0, -2)})]`;
    }
    case "json":
      return `[${pythonJson({ action: name, ...input })}]`;
    case "text":
      return writeCall({ name, arguments: input }, format);
  }
}

/** What Python's `json.dumps` writes. */
function pythonJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).map(
      ([key, item]) => `${pythonJson(key)}: ${pythonJson(item)}`,
    );
    return `{${entries.join(", ")}}`;
  }
  return JSON.stringify(value).replaceAll(
    /[\u007f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function pythonText(value: unknown): string {
  return typeof value === "string" && !/['\\\n]/.test(value) ? `'${value}'` : pythonLiteral(value);
}

function plainText(value: unknown): string {
  return typeof value === "string" ? value : pythonLiteral(value);
}

/**
 * Reads a call as the original does: the first line with brackets, greedily. In code and text every value is text: in
 * code it is quoted and ends at the next quote of either kind, or is a word or a list; in text it ends at the first
 * comma, and a comma follows the name. JSON is one object in brackets. Undefined when there is no call.
 */
export function readCallFaithfully(reply: string, format: FormatName): ApiBankCall | undefined {
  const text = /\[[^\n]*\]/.exec(reply)?.[0];
  if (text === undefined) return undefined;
  switch (format) {
    case "code": {
      const call = /\[([\p{L}\p{N}_]+)\(([^\n]*)\)\]/u.exec(text);
      if (call === null) return undefined;
      const pairs = call[2]!.matchAll(
        /([\p{L}\p{N}_]+)\s*=\s*(?:['"]([^\n]+?)['"]|(\[[^\n]*\])|([\p{L}\p{N}_]+))/gu,
      );
      return {
        name: call[1]!,
        arguments: Object.fromEntries(
          [...pairs].map(([, key, quoted, list, word]) => [key!, quoted ?? list ?? word]),
        ),
      };
    }
    case "json": {
      const object = /\[(\{[^\n]*\})\]/.exec(text)?.[1];
      return object === undefined ? undefined : readJson(object);
    }
    case "text": {
      const call = /\[Action:\s*([\p{L}\p{N}_]+),\s*([^\n]*)\]/u.exec(text);
      if (call === null) return undefined;
      const pairs = call[2]!.matchAll(/([\p{L}\p{N}_]+):\s*([^,]+)/gu);
      return {
        name: call[1]!,
        arguments: Object.fromEntries([...pairs].map(([, k, v]) => [k!, withoutQuotes(v!)])),
      };
    }
  }
}

/** Quotes are taken off before blanks, so that a quote before a blank stays. */
function withoutQuotes(value: string): string {
  return value
    .replaceAll(/^"+|"+$/g, "")
    .replaceAll(/^'+|'+$/g, "")
    .trim();
}

/** Reads text and JSON calls by what they mean: values with commas, several lines, a fence around. Code is for Python. */
export function readCallByMeaning(reply: string, format: "json" | "text"): ApiBankCall | undefined {
  const text = /\[.*\]/s.exec(reply)?.[0];
  if (text === undefined) return undefined;
  if (format === "json") return readJson(text);
  const call = /^\[\s*Action:\s*(\w+)\s*(?:,\s*(.*))?\]$/s.exec(text);
  if (call === null) return undefined;
  const pairs = (call[2] ?? "").matchAll(/([A-Za-z_]\w*):\s*(.*?)(?=,\s*[A-Za-z_]\w*:\s|\s*$)/gs);
  return {
    name: call[1]!,
    arguments: Object.fromEntries([...pairs].map(([, k, v]) => [k!, unquoted(v!.trim())])),
  };
}

function unquoted(value: string): string {
  return /^(["'])(.*)\1$/s.exec(value)?.[2] ?? value;
}

/** The text of a code call without its brackets; undefined when there is none. */
export function codeCallText(reply: string): string | undefined {
  return /\[\s*(\w+\(.*\))\s*\]/s.exec(reply)?.[1];
}

function readJson(text: string): ApiBankCall | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const call: unknown = Array.isArray(value) ? value[0] : value;
  if (typeof call !== "object" || call === null || !("action" in call)) return undefined;
  const { action, ...input } = call;
  return typeof action === "string" ? { name: action, arguments: input } : undefined;
}
