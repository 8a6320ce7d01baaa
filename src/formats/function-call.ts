import { pythonKeywords } from "../syntax/python-keywords.ts";
import type { FunctionCall, FunctionDescription } from "./format.ts";
import { codeOfCall, runPythonFunction } from "./run-python.ts";
import { parseLiteral, readLiteral, textLiteral, type Literal } from "./literal.ts";

/** A call as it was read: the call, and the line of Python that makes it; of `run_python` its code alone. */
export interface CallReading {
  readonly call?: FunctionCall;
  readonly code: string;
}

/** Arguments of a call, before its function is known. */
export interface CallArguments {
  readonly args: readonly Literal[];
  readonly kwargs: readonly (readonly [string, Literal])[];
}

const nameKeys = [
  "tool",
  "tool_name",
  "name",
  "function",
  "function_name",
  "action",
  "action_name",
  "api",
  "api_name",
];
const argumentKeys = [
  "args",
  "arguments",
  "parameters",
  "params",
  "kwargs",
  "input",
  "inputs",
  "action_input",
  "tool_input",
  "param_dict",
];
const otherKeys = new Set(["thought", "reason", "reasoning", "type", "id", "explanation"]);

const identifier = /^[\p{L}_][\p{L}\p{N}_]*$/u;
const pythonName = /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/;

/** Writes a call as one line of Python. */
export function makeCall(
  name: string,
  { args, kwargs }: CallArguments,
): CallReading & { readonly call: FunctionCall } {
  const plain = (key: string) => identifier.test(key) && !pythonKeywords.has(key);
  const named = kwargs.filter(([key]) => plain(key));
  const odd = kwargs.filter(([key]) => !plain(key));
  const parts = [
    ...args.map(({ python }) => python),
    ...named.map(([key, { python }]) => `${key}=${python}`),
  ];
  if (odd.length > 0) {
    const entries = odd.map(([key, { python }]) => `${JSON.stringify(key)}: ${python}`);
    parts.push(`**{${entries.join(", ")}}`);
  }
  return {
    call: {
      name,
      args: args.map(({ value }) => value),
      kwargs: Object.fromEntries(kwargs.map(([key, { value }]) => [key, value])),
    },
    code: `${name}(${parts.join(", ")})`,
  };
}

/** A call as it was written; the name is not checked. */
export interface WrittenCall extends CallArguments {
  readonly name: string;
}

/**
 * Reads a call from a JSON value, in the forms that models write: `{"tool": "f", "args": [...]}`, other names
 * for both keys, arguments as an object, as an object in text, or beside the name; the form of OpenAI's API;
 * the only or first item of a list; and `{"f": {...}}` for one of `functions`.
 */
export function callFromJson(
  literal: Literal,
  functions: readonly FunctionDescription[] = [],
): WrittenCall | undefined {
  const { items, entries } = literal;
  if (items !== undefined) return items[0] && callFromJson(items[0], functions);
  if (entries === undefined) return undefined;
  const get = (key: string) => entries.find(([name]) => name === key)?.[1];
  const inner = get("tool_calls") ?? get("tool_call") ?? get("function_call") ?? get("function");
  if (inner?.entries !== undefined || inner?.items !== undefined) {
    return callFromJson(inner, functions);
  }
  const nameKey = nameKeys.find((key) => typeof get(key)?.value === "string");
  const [only] = entries;
  if (nameKey === undefined) {
    return entries.length === 1 && only && knownName(only[0], functions) !== undefined
      ? { name: only[0], ...argumentsFrom(only[1]) }
      : undefined;
  }
  const name = String(get(nameKey)?.value);
  const rest = entries.filter(([key]) => key !== nameKey);
  const given = rest.filter(([key]) => argumentKeys.includes(key));
  if (given.length === 0) {
    return { name, args: [], kwargs: rest.filter(([key]) => !otherKeys.has(key)) };
  }
  const all = given.map(([, value]) => argumentsFrom(value));
  return {
    name,
    args: all.flatMap(({ args }) => args),
    kwargs: all.flatMap(({ kwargs }) => kwargs),
  };
}

/** A list becomes positional arguments, an object named ones, anything else one argument. */
export function argumentsFrom(literal: Literal): CallArguments {
  const { value, items, entries } = literal;
  if (entries !== undefined) return { args: [], kwargs: entries };
  if (items !== undefined) return { args: items, kwargs: [] };
  if (value === null) return { args: [], kwargs: [] };
  const nested =
    typeof value === "string" && /^\s*[{[]/.test(value) ? parseLiteral(value) : undefined;
  return nested === undefined ? { args: [literal], kwargs: [] } : argumentsFrom(nested);
}

/** Reads a name and, after `Action Input:`, its arguments; undefined when `text` is nothing such. */
export function readReactCall(text: string): WrittenCall | undefined {
  const match = /^\s*([\w.]{1,100})\s*\n\s*Action Input[ \t]*:\s*([^]*)$/.exec(text);
  if (match === null) return undefined;
  const input = match[2]!.trim();
  return { name: match[1]!, ...argumentsFrom(parseLiteral(input) ?? textLiteral(input)) };
}

/** Reads a call as Python writes it, with literals as arguments; undefined when `text` is none. */
export function readPythonCall(text: string): WrittenCall | undefined {
  const opening = /^\s*([A-Za-z_][\w.]*)\s*\(/.exec(text);
  if (opening === null) return undefined;
  let at = opening[0].length;
  const args: Literal[] = [];
  const kwargs: [string, Literal][] = [];
  for (;;) {
    at += /^[\s,]*/.exec(text.slice(at))![0].length;
    if (text[at] === ")") break;
    const key = /^([A-Za-z_]\w*)\s*=(?!=)/.exec(text.slice(at, at + 200));
    if (key !== null) at += key[0].length;
    const value = readLiteral(text, at);
    if (value === undefined) return undefined;
    at = value.end;
    if (key === null) args.push(value);
    else kwargs.push([key[1]!, value]);
    if (!/^\s*[,)]/.test(text.slice(at, at + 100))) return undefined;
  }
  return text.slice(at + 1).trim() === "" ? { name: opening[1]!, args, kwargs } : undefined;
}

/** The full name of one of `functions`, however a model shortened or prefixed it. */
export function knownName(
  written: string,
  functions: readonly FunctionDescription[],
): string | undefined {
  const name = written.trim().replace(/\(\s*\)$/, "");
  if (functions.some((known) => known.name === name)) return name;
  const last = (path: string) => path.slice(path.lastIndexOf(".") + 1).toLowerCase();
  const alike = functions.filter((known) => last(known.name) === last(name));
  return alike.length === 1 ? alike[0]?.name : undefined;
}

/** How many names are listed for a model that called none of them. */
const maxNames = 60;

/** Checks the name of a call and makes it; a text says, for the model, what is wrong with it. */
export function resolveCall(
  { name: written, ...given }: WrittenCall,
  functions: readonly FunctionDescription[] = [],
): CallReading | string {
  const name = functions.length === 0 ? written.trim() : knownName(written, functions);
  if (name !== undefined && pythonName.test(name)) {
    const made = makeCall(name, given);
    if (name !== runPythonFunction.name || !functions.includes(runPythonFunction)) return made;
    const code = codeOfCall(made.call);
    return code === undefined ? `${name} needs its code as one text.` : { code };
  }
  if (functions.length === 0) return `${JSON.stringify(written)} is not the name of a function.`;
  const names = functions.slice(0, maxNames).map((known) => known.name);
  const more = functions.length > maxNames ? `, and ${functions.length - maxNames} more` : "";
  return `There is no function ${JSON.stringify(written.slice(0, 80))}. These can be called: ${names.join(", ")}${more}.`;
}
