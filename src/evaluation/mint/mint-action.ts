import type { FunctionDescription } from "../../formats/format.ts";
import { resolveCall } from "../../formats/function-call.ts";
import { readJsonCall } from "../../formats/json-format.ts";
import { runPythonFunction } from "../../formats/run-python.ts";
import { readTextCall } from "../../formats/text-format.ts";
import type { FormatName } from "../benchmark.ts";

/** The only function that JSON and text actions call: MINT's tools are used from within its code. */
const functions: readonly FunctionDescription[] = [runPythonFunction];

/** What stands between `<execute>` and `</execute>` to run this code. */
export function mintAction(format: FormatName, code: string): string {
  switch (format) {
    case "code":
      return code;
    case "json":
      return `{"tool": "${runPythonFunction.name}", "args": {"code": ${JSON.stringify(code)}}}`;
    case "text":
      return `${runPythonFunction.name}, ${code}`;
  }
}

/** The code of an action; undefined when it is no call of `run_python`. */
export function codeOfMintAction(format: FormatName, action: string): string | undefined {
  if (format === "code") return action;
  const read =
    format === "json" ? readJsonCall(action, functions) : readTextCall(action, functions);
  const call = typeof read === "string" ? read : resolveCall(read, functions);
  return typeof call === "string" ? undefined : call.code;
}
