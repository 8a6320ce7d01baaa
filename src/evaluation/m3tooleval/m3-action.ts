import type { FormatName } from "../benchmark.ts";
import { m3Float, m3Int, m3Text, type M3Value } from "./m3-value.ts";
import { readPythonJson } from "./python-json.ts";

export interface M3ActionOptions {
  readonly mode: FormatName;
  /** The tools of the task; JSON and text call nothing else, not even Python's own functions. */
  readonly tools: readonly string[];
  /** Corrected: a Markdown fence around an action is taken off, JSON without `args` has none, and faults are explained. */
  readonly isLenient: boolean;
}

/** Python for an action, or what is wrong with it, as the model is told. */
export type M3Action =
  | {
      readonly code: string;
      /** What the model is told when the call fails; code tells it itself. */
      readonly failure?: string;
    }
  | { readonly fault: string };

/** Turns the text between `Action:` and `End Action` into Python; a call in JSON or text prints its result. */
export function compileM3Action(action: string, options: M3ActionOptions): M3Action {
  const text = options.isLenient ? withoutFence(action) : action;
  switch (options.mode) {
    case "code":
      return { code: text };
    case "json":
      return compileJson(text, options);
    case "text": {
      const [tool = "", ...args] = text.split(",").map((part) => part.trim());
      return compileCall(tool, args.map(coerced), options);
    }
  }
}

const lenientFault =
  "Invalid action: it has to be a JSON object with the fields 'tool' (the name of the tool) and 'args' (a list of arguments to the tool).";
const originalFault =
  "Invalid action. You should output a JSON object with the following fields: 'tool' (the name of the tool), 'args' (a list of arguments to the tool). Error:";

function compileJson(text: string, options: M3ActionOptions): M3Action {
  const call = readPythonJson(text);
  const fault = (exception: string, explained: string) => ({
    fault: options.isLenient ? `${lenientFault} ${explained}` : `${originalFault} ${exception}`,
  });
  if ("fault" in call) return fault(call.fault, `It is not valid JSON: ${call.fault}.`);
  if (call.entries === undefined) return fault(notAnObject(call), "It is no object.");
  const tool = call.entries.get("tool");
  if (tool === undefined) return fault("'tool'", "The field 'tool' is missing.");
  const args = call.entries.get("args");
  if (args === undefined && !options.isLenient) {
    return fault("'args'", "The field 'args' is missing.");
  }
  const given = args === undefined ? [] : (args.items ?? [args]);
  return compileCall(tool.text ?? tool.repr, given, options);
}

/** The message of Python's exception for `value["tool"]`. */
function notAnObject({ type }: M3Value): string {
  switch (type) {
    case "list":
      return "list indices must be integers or slices, not str";
    case "str":
      return "string indices must be integers";
    default:
      return `'${type}' object is not subscriptable`;
  }
}

function compileCall(
  tool: string,
  args: readonly M3Value[],
  { tools, isLenient }: M3ActionOptions,
): M3Action {
  if (!tools.includes(tool)) {
    const original = `Cound not find tool with name ${tool}`;
    return { fault: isLenient ? `Could not find a tool with the name ${tool}.` : original };
  }
  const shown = `(${args.map(({ repr }) => repr).join(", ")}${args.length === 1 ? "," : ""})`;
  return {
    code: `print(${tool}(${args.map(({ code }) => code).join(", ")}))`,
    failure: isLenient
      ? "Failed to execute the tool with these arguments. Only one tool can be invoked at a time."
      : `Failed to execute tool ${tool} with args ${shown}. Did you try to invoke more than one tool at a time?`,
  };
}

/** Reads a text argument as the original does: Python's `int`, else `float`, else text with its quotes. */
function coerced(text: string): M3Value {
  if (/^[+-]?\d+(?:_\d+)*$/.test(text)) return m3Int(text);
  const isFloat =
    /^[+-]?(?:\d+(?:_\d+)*\.?(?:\d+(?:_\d+)*)?|\.\d+(?:_\d+)*)(?:e[+-]?\d+)?$/i.test(text) ||
    /^[+-]?(?:nan|inf(?:inity)?)$/i.test(text);
  return isFloat ? m3Float(text) : m3Text(text);
}

function withoutFence(action: string): string {
  return /^```\w*[ \t]*\n([\s\S]*?)\n?```$/.exec(action)?.[1] ?? action;
}
