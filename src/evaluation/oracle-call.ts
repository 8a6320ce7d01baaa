import { runPythonFunction } from "../formats/run-python.ts";
import type { FormatName } from "./benchmark.ts";
import { pythonLiteral } from "../syntax/python-literal.ts";

/** What an oracle writes to call one function, in each of the agent's formats. */
export function oracleCall(
  format: FormatName,
  name: string,
  args: Readonly<Record<string, unknown>>,
): string {
  if (format === "json") return `Action: ${JSON.stringify({ tool: name, args })} End Action`;
  const literals = Object.entries(args).map(([key, value]) => `${key}=${pythonLiteral(value)}`);
  return format === "code"
    ? `<execute>\nprint(${name}(${literals.join(", ")}))\n</execute>`
    : `Action: ${[name, ...literals].join(", ")} End Action`;
}

/** What an oracle writes to run code, in each of the agent's formats. */
export function oracleCode(format: FormatName, code: string): string {
  return format === "code"
    ? `<execute>\n${code}\n</execute>`
    : oracleCall(format, runPythonFunction.name, { code });
}

/** What an oracle writes to answer, in each of the agent's formats. */
export function oracleAnswer(format: FormatName, answer: string): string {
  return format === "code" ? answer : `Answer: ${answer}`;
}
