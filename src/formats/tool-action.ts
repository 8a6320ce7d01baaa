import type { ArgumentsReading } from "./arguments-reader.ts";
import type { FunctionCall, FunctionDescription } from "./format.ts";
import { argumentsFrom, callFromJson, knownName, resolveCall } from "./function-call.ts";

/** What a tool call comes to. Without `code` the `problem` says, for the model, what is wrong. */
export interface ToolAction {
  readonly code: string;
  readonly call?: FunctionCall;
  readonly problem?: string;
}

export interface ToolActionOptions {
  /** Functions of the interpreter that a model may take for tools. */
  readonly functions: readonly FunctionDescription[];
  /** How to act, as a sentence for the model. */
  readonly advice: string;
}

/**
 * Makes an action of a tool call's name and arguments. Code runs whatever the tool is called; a call of one
 * of the interpreter's functions becomes the line of Python that calls it.
 */
export function toolAction(
  name: string,
  reading: ArgumentsReading,
  { functions, advice }: ToolActionOptions,
): ToolAction {
  const { code, literal } = reading;
  const known = knownName(name, functions);
  if (known !== undefined) {
    const written =
      reading.name === undefined
        ? { name: known, ...(literal ? argumentsFrom(literal) : { args: [], kwargs: [] }) }
        : literal && callFromJson(literal, functions);
    const resolved = written && resolveCall(written, functions);
    if (typeof resolved === "object") return resolved;
  }
  if (code !== undefined && code.trim() !== "") return { code };
  if (code !== undefined) return { code: "", problem: `The code is empty. ${advice}` };
  const tool = name === "" ? "The tool call" : `The call of ${JSON.stringify(name.slice(0, 80))}`;
  return { code: "", problem: `${tool} holds no Python code. ${advice}` };
}
