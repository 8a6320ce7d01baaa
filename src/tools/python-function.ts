import type { HostFunction, HostParameter } from "../execution/host-functions.ts";
import { uniquePythonName } from "./python-name.ts";
import { pythonLiteral } from "../syntax/python-literal.ts";
import { isSchema, pythonType } from "./python-type.ts";
import type { JsonSchema, Tool } from "./tool.ts";

const maxDescriptionCharacters = 4000;
const maxParameterCharacters = 600;
const maxDefaultCharacters = 200;

/** What code calls a tool: `search`, or `github.create_issue` for one in a module. */
export function toolPath(tool: Pick<Tool, "name" | "module">): string {
  return tool.module === undefined ? tool.name : `${tool.module}.${tool.name}`;
}

/** Turns a tool into the function that code sees. */
export function pythonFunction(tool: Tool): HostFunction {
  return {
    id: toolPath(tool),
    name: tool.name,
    ...(tool.module !== undefined && { module: tool.module }),
    parameters: parametersOf(tool.input),
    returns: returnType(tool),
    doc: docstring(tool),
    ...(takesMore(tool.input) && { takesMore: true }),
  };
}

/** A tool's parameters and result in Python, such as `(query: str, limit: int = 10) -> list[dict]`. */
export function pythonSignature(tool: Tool): string {
  const parameters = parametersOf(tool.input).map(({ name, type, required, default: value }) => {
    return `${name}: ${type}${required ? "" : ` = ${pythonLiteral(value)}`}`;
  });
  if (takesMore(tool.input)) parameters.push("**more");
  return `(${parameters.join(", ")}) -> ${returnType(tool)}`;
}

/** The parameters in Python's order: those that must be given come first. */
function parametersOf(input: JsonSchema): HostParameter[] {
  const used = new Set<string>();
  const parameters = propertiesOf(input).map(([key, schema]): HostParameter => {
    const name = uniquePythonName(key, used);
    const value = isSchema(schema) ? schema["default"] : undefined;
    const required = isRequired(input, key) && value === undefined;
    const type = pythonType(schema, input);
    const isShort = value !== undefined && pythonLiteral(value).length <= maxDefaultCharacters;
    return {
      name,
      ...(name !== key && { key }),
      type:
        required || type.includes("None") || isShort || type === "Any" ? type : `${type} | None`,
      required,
      ...(isShort && { default: value }),
      ...(type.endsWith("None") && { nullable: true }),
    };
  });
  return [...parameters.filter((p) => p.required), ...parameters.filter((p) => !p.required)];
}

function propertiesOf(input: JsonSchema): [string, unknown][] {
  return isSchema(input["properties"]) ? Object.entries(input["properties"]) : [];
}

function isRequired(input: JsonSchema, key: string): boolean {
  return Array.isArray(input["required"]) && input["required"].includes(key);
}

function takesMore(input: JsonSchema): boolean {
  const more = input["additionalProperties"];
  return more === true || (isSchema(more) && Object.keys(more).length > 0);
}

function returnType({ output }: Tool): string {
  return output === undefined ? "Any" : pythonType(output, output);
}

function docstring(tool: Tool): string {
  const parts = [cut(tool.description.trim(), maxDescriptionCharacters)];
  const used = new Set<string>();
  const described = propertiesOf(tool.input).flatMap(([key, schema]) => {
    const name = uniquePythonName(key, used);
    const text = describe(schema);
    return text === "" ? [] : [`    ${name}: ${text}`];
  });
  if (described.length > 0) parts.push(["Args:", ...described].join("\n"));
  const result = describeResult(tool);
  if (result !== "") parts.push(`Returns:\n${result}`);
  parts.push("Raises:\n    ToolError: the call failed or was refused; its message says why.");
  return parts.join("\n\n");
}

/** The result's description and, of an object, its keys. */
function describeResult({ output }: Tool): string {
  if (output === undefined) return "";
  const lines: string[] = [];
  const text = describe(output);
  if (text !== "") lines.push(`    ${text}`);
  const isList = isSchema(output["items"]);
  const object = isList ? (output["items"] as JsonSchema) : output;
  const keys = propertiesOf(object).map(([key, schema]) => {
    const meaning = describe(schema);
    return `        ${key}: ${pythonType(schema, output)}${meaning === "" ? "" : `, ${meaning}`}`;
  });
  if (keys.length > 0) lines.push(`    ${isList ? "Each with" : "With"} the keys:`, ...keys);
  return lines.join("\n");
}

function describe(schema: unknown): string {
  const text = isSchema(schema) ? schema["description"] : undefined;
  if (typeof text !== "string") return "";
  return cut(text.trim().replaceAll(/\s+/g, " "), maxParameterCharacters);
}

function cut(text: string, maxCharacters: number): string {
  return text.length <= maxCharacters ? text : `${text.slice(0, maxCharacters - 3)}...`;
}
