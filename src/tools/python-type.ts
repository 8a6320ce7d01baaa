import { pythonLiteral } from "../syntax/python-literal.ts";
import type { JsonSchema } from "./tool.ts";

const maxDepth = 4;
const maxLiterals = 20;
const maxCharacters = 200;

const simpleTypes: Readonly<Record<string, string>> = {
  string: "str",
  integer: "int",
  number: "float",
  boolean: "bool",
  null: "None",
};

/** Says in Python what values of a schema are, such as `list[str] | None`; `Any` where it can't say. */
export function pythonType(schema: unknown, root: JsonSchema = {}): string {
  const text = typeOf(schema, root, 0);
  return text.length > maxCharacters ? "Any" : text;
}

function typeOf(schema: unknown, root: JsonSchema, depth: number): string {
  if (!isSchema(schema) || depth > maxDepth) return "Any";
  if (typeof schema["$ref"] === "string") {
    return typeOf(resolve(schema["$ref"], root), root, depth + 1);
  }
  const literals = Array.isArray(schema["enum"])
    ? schema["enum"]
    : "const" in schema
      ? [schema["const"]]
      : undefined;
  if (literals !== undefined) return literalType(literals);
  const choices = schema["anyOf"] ?? schema["oneOf"];
  if (Array.isArray(choices)) {
    return union(choices.map((choice) => typeOf(choice, root, depth + 1)));
  }
  if (Array.isArray(schema["allOf"])) {
    const types = schema["allOf"].map((part) => typeOf(part, root, depth + 1));
    return types.find((type) => type !== "Any") ?? "Any";
  }
  const { type } = schema;
  const types = Array.isArray(type) ? type : [type];
  const nullable = schema["nullable"] === true ? ["None"] : [];
  return union([...types.map((one) => namedType(one, schema, root, depth)), ...nullable]);
}

function namedType(type: unknown, schema: JsonSchema, root: JsonSchema, depth: number): string {
  if (type === "array") {
    const items = typeOf(schema["items"], root, depth + 1);
    return items === "Any" ? "list" : `list[${items}]`;
  }
  if (type === "object" || (type === undefined && isSchema(schema["properties"]))) {
    const values = schema["properties"] === undefined ? schema["additionalProperties"] : undefined;
    const valueType = isSchema(values) ? typeOf(values, root, depth + 1) : "Any";
    return valueType === "Any" ? "dict" : `dict[str, ${valueType}]`;
  }
  return (typeof type === "string" && simpleTypes[type]) || "Any";
}

function literalType(values: readonly unknown[]): string {
  const isPlain = values.every((value) => value === null || typeof value !== "object");
  if (!isPlain || values.length === 0 || values.length > maxLiterals) {
    return union(values.map((value) => namedType(jsonType(value), {}, {}, 0)));
  }
  const named = values.filter((value) => value !== null).map((value) => pythonLiteral(value));
  const literal = named.length === 0 ? [] : [`Literal[${named.join(", ")}]`];
  return union([...literal, ...(named.length < values.length ? ["None"] : [])]);
}

function jsonType(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value;
}

function union(types: readonly string[]): string {
  const distinct = [...new Set(types)];
  if (distinct.includes("Any") || distinct.length === 0) return "Any";
  return [
    ...distinct.filter((type) => type !== "None"),
    ...distinct.filter((type) => type === "None"),
  ].join(" | ");
}

/** Finds what a reference within the schema stands for. */
function resolve(reference: string, root: JsonSchema): unknown {
  if (!reference.startsWith("#/")) return undefined;
  let found: unknown = root;
  for (const part of reference.slice(2).split("/")) {
    const name = part.replaceAll("~1", "/").replaceAll("~0", "~");
    if (!isSchema(found) || !Object.hasOwn(found, name)) return undefined;
    found = found[name];
  }
  return found;
}

/** Tells whether a value is an object, as all schemas but `true` and `false` are. */
export function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
