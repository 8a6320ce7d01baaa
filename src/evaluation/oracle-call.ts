import type { FormatName } from "./benchmark.ts";

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

/** Writes plain data as Python. */
export function pythonLiteral(value: unknown): string {
  if (value === null || value === undefined) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number") return String(value);
  if (Array.isArray(value)) return `[${value.map(pythonLiteral).join(", ")}]`;
  if (typeof value === "object") {
    const pairs = Object.entries(value).map(
      ([key, item]) => `${JSON.stringify(key)}: ${pythonLiteral(item)}`,
    );
    return `{${pairs.join(", ")}}`;
  }
  return JSON.stringify(value);
}
