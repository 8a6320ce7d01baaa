import { pythonLiteral } from "../../syntax/python-literal.ts";
import type { FormatName } from "../benchmark.ts";

export interface M3ActionOptions {
  readonly mode: FormatName;
  /** The tools of the task; JSON and text call nothing else, not even Python's own functions. */
  readonly tools: readonly string[];
  /** Corrected: a Markdown fence around an action is taken off, and JSON without `args` has none. */
  readonly isLenient: boolean;
}

/** Python for an action, or what is wrong with it, as the model is told. */
export type M3Action = string | { readonly fault: string };

/** Turns the text between `Action:` and `End Action` into Python; a call in JSON or text prints its result. */
export function compileM3Action(action: string, options: M3ActionOptions): M3Action {
  const text = options.isLenient ? withoutFence(action) : action;
  switch (options.mode) {
    case "code":
      return text;
    case "json":
      return compileJson(text, options);
    case "text": {
      const [tool = "", ...args] = text.split(",").map((part) => part.trim());
      return compileCall(tool, args.map(coerced), options);
    }
  }
}

const jsonFault =
  "Invalid action: it has to be a JSON object with the fields 'tool' (the name of the tool) and 'args' (a list of arguments to the tool).";

function compileJson(text: string, options: M3ActionOptions): M3Action {
  let call: unknown;
  try {
    call = JSON.parse(text, keepNumber);
  } catch {
    return { fault: `${jsonFault} It is not valid JSON.` };
  }
  const { tool, args } = (call ?? {}) as { readonly tool?: unknown; readonly args?: unknown };
  if (typeof tool !== "string") return { fault: `${jsonFault} The field 'tool' is missing.` };
  if (args === undefined && !options.isLenient) {
    return { fault: `${jsonFault} The field 'args' is missing.` };
  }
  return compileCall(tool, Array.isArray(args) ? args : args === undefined ? [] : [args], options);
}

function compileCall(tool: string, args: readonly unknown[], { tools }: M3ActionOptions): M3Action {
  if (!tools.includes(tool)) return { fault: `Could not find a tool with the name ${tool}.` };
  return `print(${tool}(${args.map(literal).join(", ")}))`;
}

/** Python that makes a number: one of JavaScript would forget whether it was whole, and what is beyond 2^53. */
class PythonNumber {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

function keepNumber(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  return typeof value === "number" ? new PythonNumber(context?.source ?? String(value)) : value;
}

function literal(value: unknown): string {
  if (value instanceof PythonNumber) return value.source;
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value !== "object" || value === null) return pythonLiteral(value);
  const entries = Object.entries(value).map(
    ([key, item]) => `${pythonLiteral(key)}: ${literal(item)}`,
  );
  return `{${entries.join(", ")}}`;
}

/** Reads a text argument as the original does: Python's `int`, else `float`, else text with its quotes. */
function coerced(text: string): PythonNumber | string {
  if (/^-?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(text)) return new PythonNumber(text);
  if (/^[+-]?\d+(?:_\d+)*$/.test(text)) return new PythonNumber(`int("${text}")`);
  const isFloat =
    /^[+-]?(?:\d+(?:_\d+)*\.?(?:\d+(?:_\d+)*)?|\.\d+)(?:e[+-]?\d+)?$/i.test(text) ||
    /^[+-]?(?:nan|inf(?:inity)?)$/i.test(text);
  return isFloat ? new PythonNumber(`float("${text}")`) : text;
}

function withoutFence(action: string): string {
  return /^```\w*[ \t]*\n([\s\S]*?)\n?```$/.exec(action)?.[1] ?? action;
}
