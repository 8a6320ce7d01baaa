import { tidyCode } from "./code-reader.ts";
import { createCallFormat, type CallFormatOptions } from "./call-format.ts";
import type { ActionFormat, FunctionDescription } from "./format.ts";
import { callFromJson, readPythonCall, readReactCall, type WrittenCall } from "./function-call.ts";
import { parseLiteral, readLiteral, textLiteral, type Literal } from "./literal.ts";
import { runPythonFunction } from "./run-python.ts";

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
 * word, and else the text itself. A call as Python or JSON writes it counts too. Of `run_python` all that follows the
 * first comma is code, quoted or not. A text says what is wrong.
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
  const code = functions.includes(runPythonFunction) ? runPythonCall.exec(text)?.[1] : undefined;
  if (code !== undefined) {
    return { name: runPythonFunction.name, args: [writtenCode(code)], kwargs: [] };
  }
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

const runPythonCall = /^`?run_python`?[ \t]*[,:\n]([^]*)$/;

/** Code as it stands or in a fence, or the text of a literal that is all of it. */
function writtenCode(text: string): Literal {
  const lines = /^[ \t]*\n/.test(text) ? tidyCode(text) : text.trim();
  const code = lines.replace(/^code\s*=(?!=)\s*/, "");
  const literal = parseLiteral(code);
  if (typeof literal?.value === "string") return literal;
  return textLiteral(/^```\w*[ \t]*\n([^]*?)\n?```$/.exec(code)?.[1] ?? code);
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
