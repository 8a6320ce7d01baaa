import type { FormatName } from "./benchmark.ts";
import { pythonLiteral } from "./python-value.ts";

/** What an oracle writes to call one function, in each of the agent's formats. */
export function oracleCall(
  format: FormatName,
  name: string,
  args: Readonly<Record<string, unknown>>,
): string {
  if (format === "json") return `Action: ${JSON.stringify({ tool: name, args })}`;
  const literals = Object.entries(args).map(([key, value]) => `${key}=${pythonLiteral(value)}`);
  const call = `${name}(${literals.join(", ")})`;
  return format === "code" ? `<execute>\nprint(${call})\n</execute>` : `Action: ${call}`;
}
