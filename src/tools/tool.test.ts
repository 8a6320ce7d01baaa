import { describe, expect, it } from "vitest";
import { z } from "zod";
import { isCodeActError } from "../errors.ts";
import { pythonFunction, pythonSignature } from "./python-function.ts";
import { pythonType } from "./python-type.ts";
import { tool } from "./tool.ts";

const search = tool({
  name: "search",
  description: "Searches the catalogue.",
  input: z.object({
    query: z.string().describe("What to look for."),
    limit: z.number().int().min(1).default(10),
    kind: z.enum(["book", "film"]).optional(),
    "max-age": z.number().nullable().optional(),
    from: z.string().optional().describe("A date."),
  }),
  output: z.array(z.object({ title: z.string().describe("its name"), year: z.number().int() })),
  run: ({ query, limit }) => [{ title: query, year: limit }],
});

describe("tool", () => {
  it("becomes a Python function with types, defaults and a docstring", () => {
    expect(pythonSignature(search)).toBe(
      '(query: str, limit: int = 10, kind: Literal["book", "film"] | None = None, max_age: float | None = None, from_: str | None = None) -> list[dict]',
    );
    expect(pythonFunction(search).doc).toBe(`Searches the catalogue.

Args:
    query: What to look for.
    from_: A date.

Returns:
    Each with the keys:
        title: str, its name
        year: int

Raises:
    ToolError: the call failed or was refused; its message says why.`);
    expect(pythonFunction(search).parameters.map(({ name, key }) => [name, key])).toEqual([
      ["query", undefined],
      ["limit", undefined],
      ["kind", undefined],
      ["max_age", "max-age"],
      ["from_", "from"],
    ]);
  });

  it("checks arguments, fills defaults in and leaves out what is not declared", () => {
    expect(search.parse({ query: "x", other: 1 })).toEqual({ query: "x", limit: 10 });
    expect(() => search.parse({ query: 1, limit: 0 })).toThrow(
      "query: Invalid input: expected string, received number; limit: Too small: expected number to be >=1",
    );
  });

  it("takes a JSON schema", () => {
    const add = tool({
      name: "add",
      module: "sums",
      description: "Adds.",
      input: {
        type: "object",
        properties: { b: { type: "integer", default: 2 }, a: { $ref: "#/$defs/number" } },
        required: ["a"],
        $defs: { number: { type: "integer" } },
      },
      run: (input) => input,
    });
    expect(pythonSignature(add)).toBe("(a: int, b: int = 2) -> Any");
    expect(add.parse({ a: 1 })).toEqual({ a: 1, b: 2 });
    expect(() => add.parse({ a: "1" })).toThrow(/a: Invalid input: expected number/);
  });

  it.each([
    ["no-name", { type: "object" }],
    ["class", { type: "object" }],
    ["__import__", { type: "object" }],
    ["print", { type: "object" }],
    ["words", { type: "string" }],
    ["odd", { type: "object", if: {} }],
  ])("refuses %s with %j", (name, input) => {
    expect(() => tool({ name, description: "", input, run: () => null })).toThrow(
      expect.toSatisfy((error) => isCodeActError(error, "invalid_input")),
    );
  });
});

describe("a type in Python", () => {
  const loop = { $ref: "#/$defs/loop" };
  it.each([
    [{ type: "string" }, "str"],
    [{ type: ["integer", "null"] }, "int | None"],
    [{ type: "string", nullable: true }, "str | None"],
    [{ type: "array", items: { type: "array", items: { type: "number" } } }, "list[list[float]]"],
    [{ type: "array" }, "list"],
    [{ type: "object", additionalProperties: { type: "boolean" } }, "dict[str, bool]"],
    [{ properties: {} }, "dict"],
    [{ anyOf: [{ type: "null" }, { type: "string" }, { type: "integer" }] }, "str | int | None"],
    [{ allOf: [{ description: "x" }, { type: "string" }] }, "str"],
    [{ enum: ["it's", 1, true, null] }, 'Literal["it\'s", 1, True] | None'],
    [{ enum: [{ a: 1 }] }, "dict"],
    [{ const: 3 }, "Literal[3]"],
    [{ anyOf: [{}, { type: "string" }] }, "Any"],
    [{ $ref: "http://example.com/schema" }, "Any"],
    [{ $ref: "#/constructor/name" }, "Any"],
    [{ ...loop, $defs: { loop } }, "Any"],
    [{ enum: Array.from({ length: 10 }, (_, i) => `${i}`.repeat(50)) }, "Any"],
    [true, "Any"],
    [null, "Any"],
  ])("is for %j: %s", (schema, type) => {
    expect(pythonType(schema, schema as never)).toBe(type);
  });
});
