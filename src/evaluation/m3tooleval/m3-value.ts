import { pythonLiteral } from "../../syntax/python-literal.ts";
import { pythonFloatRepr, pythonTextRepr } from "../python-repr.ts";

/** A value of an action, as the original's Python has it. */
export interface M3Value {
  /** Python that makes it. */
  readonly code: string;
  /** Python's `repr()` of it. */
  readonly repr: string;
  /** Python's `str()` of it; default: `repr`. */
  readonly text?: string;
  /** The name of its type. */
  readonly type: "str" | "int" | "float" | "bool" | "NoneType" | "list" | "dict";
  readonly items?: readonly M3Value[];
  readonly entries?: ReadonlyMap<string, M3Value>;
}

export function m3Text(text: string): M3Value {
  return { type: "str", code: pythonLiteral(text), repr: pythonTextRepr(text), text };
}

/** A whole number, written as Python's `int` reads it. */
export function m3Int(source: string): M3Value {
  const repr = String(BigInt(source.replaceAll("_", "").replace(/^\+/, "").replace(/^-/, "")));
  const signed = source.startsWith("-") && repr !== "0" ? `-${repr}` : repr;
  const isPlain = /^-?(?:0|[1-9]\d*)$/.test(source);
  return { type: "int", code: isPlain ? source : `int("${source}")`, repr: signed };
}

/** A number with a fraction or an exponent, written as Python's `float` reads it. */
export function m3Float(source: string): M3Value {
  const word = /^([+-]?)(nan|inf)/i.exec(source);
  const isNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(source);
  const size = word?.[2]?.toLowerCase() === "nan" ? Number.NaN : Infinity;
  const value = word === null ? Number(source.replaceAll("_", "")) : word[1] === "-" ? -size : size;
  return {
    type: "float",
    code: isNumber ? source : `float("${source}")`,
    repr: pythonFloatRepr(value),
  };
}

/** `None`, `True` or `False`. */
export function m3Word(value: boolean | null): M3Value {
  const code = pythonLiteral(value);
  return { type: value === null ? "NoneType" : "bool", code, repr: code };
}

export function m3List(items: readonly M3Value[]): M3Value {
  return {
    type: "list",
    items,
    code: `[${items.map(({ code }) => code).join(", ")}]`,
    repr: `[${items.map(({ repr }) => repr).join(", ")}]`,
  };
}

export function m3Dict(entries: ReadonlyMap<string, M3Value>): M3Value {
  const write = (key: (text: string) => string, value: (item: M3Value) => string) =>
    `{${[...entries].map(([name, item]) => `${key(name)}: ${value(item)}`).join(", ")}}`;
  return {
    type: "dict",
    entries,
    code: write(pythonLiteral, ({ code }) => code),
    repr: write(pythonTextRepr, ({ repr }) => repr),
  };
}
