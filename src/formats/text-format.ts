import { createCallFormat, type CallFormatOptions } from "./call-format.ts";
import type { ActionFormat, FunctionDescription } from "./format.ts";
import { callFromJson, readPythonCall, readReactCall, type WrittenCall } from "./function-call.ts";
import { parseLiteral, readLiteral, textLiteral, type Literal } from "./literal.ts";

/** Creates the format in which an action is a line of text: `name, first argument, second argument`. */
export function createTextFormat(options: CallFormatOptions = {}): ActionFormat {
  return createCallFormat(
    {
      name: "text",
      syntax: { read: readTextCall, bareJson: false },
      example: "name, first argument, second argument",
    },
    options,
  );
}

/**
 * Reads a call that is written as text: the function, then its arguments, with commas between them. An
 * argument is a number, a quoted text, a list or an object where it reads as one, `key=value` where `key` is a
 * word, and else the text itself. A call as Python or JSON writes it counts too. A text says what is wrong.
 */
export function readTextCall(
  body: string,
  functions: readonly FunctionDescription[] = [],
): WrittenCall | string {
  const text = body.trim();
  if (text === "") return "The action is empty.";
  const call = readReactCall(text) ?? readPythonCall(text);
  if (call !== undefined) return call;
  const json = text.startsWith("{") ? parseLiteral(text) : undefined;
  const fromJson = json && callFromJson(json, functions);
  if (fromJson !== undefined) return fromJson;
  const [name = "", ...parts] = splitArguments(text);
  const args: Literal[] = [];
  const kwargs: [string, Literal][] = [];
  for (const part of parts) {
    const named = /^([A-Za-z_]\w*)\s*=(?!=)\s*([^]*)$/.exec(part);
    if (named === null) args.push(argument(part));
    else kwargs.push([named[1]!, argument(named[2]!)]);
  }
  return { name: name.replace(/^`|`$/g, ""), args, kwargs };
}

function argument(text: string): Literal {
  const word = /^(?:nan|inf|undefined|null|true|false)$/.test(text);
  return (word ? undefined : parseLiteral(text)) ?? textLiteral(text);
}

/** Splits at commas that stand outside of quotes and brackets. */
export function splitArguments(text: string): readonly string[] {
  const parts: string[] = [];
  let start = 0;
  let at = 0;
  while (at < text.length) {
    const opens =
      /["'[({]/.test(text[at]!) && /^\s*(?:[A-Za-z_]\w*\s*=\s*)?$/.test(text.slice(start, at));
    const literal = opens ? readLiteral(text, at) : undefined;
    // Only what is a literal up to the next comma protects the commas in it.
    if (literal !== undefined && /^\s*(?:,|$)/.test(text.slice(literal.end, literal.end + 100))) {
      at = literal.end;
    } else if (text[at] === ",") {
      parts.push(text.slice(start, at).trim());
      at += 1;
      start = at;
    } else {
      at += 1;
    }
  }
  parts.push(text.slice(start).trim());
  return parts;
}
