import { createCallFormat, type CallFormatOptions } from "./call-format.ts";
import type { ActionFormat, FunctionDescription } from "./format.ts";
import { callFromJson, readReactCall, type WrittenCall } from "./function-call.ts";
import { readLiteral } from "./literal.ts";

/** Creates the format in which an action is a JSON object: `{"tool": "name", "args": [...]}`. */
export function createJsonFormat(options: CallFormatOptions = {}): ActionFormat {
  return createCallFormat(
    {
      name: "json",
      syntax: { read: readJsonCall, bareJson: true },
      example: '{"tool": "name", "args": ["first", 2]}',
    },
    options,
  );
}

/**
 * Reads a call that is written as JSON, or as a Python dict, with text around it; `callFromJson` says which
 * forms count. A text says, for the model, what is wrong.
 */
export function readJsonCall(
  body: string,
  functions: readonly FunctionDescription[] = [],
): WrittenCall | string {
  const react = readReactCall(body);
  if (react !== undefined) return react;
  const start = body.search(/[{[]/);
  const literal = start < 0 ? undefined : readLiteral(body, start, { cut: true });
  if (literal === undefined) return "The action is not valid JSON.";
  return (
    callFromJson(literal, functions) ?? 'The action has no "tool" with the name of a function.'
  );
}
