import type { FunctionCall, FunctionDescription } from "./format.ts";

/**
 * What formats of calls run code with. It is no function of the interpreter: its code is the action itself, so that
 * a cell, its outputs and its exceptions are those of any other code.
 */
export const runPythonFunction: FunctionDescription = {
  name: "run_python",
  signature: "(code: str) -> str",
  description:
    "Runs Python code in an interpreter and returns what it prints and the value of its last line. Variables, functions and imports stay for the next call.",
};

/** The code of a call of `run_python`; undefined when it has none. */
export function codeOfCall({ args, kwargs }: FunctionCall): string | undefined {
  const [only, ...others] = Object.values(kwargs);
  const code = kwargs["code"] ?? (others.length === 0 ? only : undefined);
  if (typeof code === "string") return code;
  const isText = args.length > 0 && args.every((part) => typeof part === "string");
  return isText ? args.join("\n") : undefined;
}
