import { describe, expect, it } from "vitest";
import { parsePythonValue, pythonValuesEqual } from "./python-value.ts";

describe("parsePythonValue", () => {
  it.each([
    ["1", 1],
    [" -2.50 ", -2.5],
    ["1_000", 1000],
    [".5e2", 50],
    ["None", null],
    ["true", true],
    ["'it\\'s'", "it's"],
    ['"\\u00e9\\n"', "é\n"],
    ["r'\\d\\''", "\\d\\'"],
    ["'''it's\ntwo'''", "it's\ntwo"],
    ["'a' \"b\" u'c'", "abc"],
    ["1 # one", 1],
    ["-0x1_F", -31],
    ["0b11", 3],
    ["1_0.2_5", 10.25],
    ["(1)", 1],
    ["(1,)", { kind: "tuple", items: [1] }],
    ["[1, 'a', ]", { kind: "list", items: [1, "a"] }],
    ["{}", { kind: "dict", entries: [] }],
    [
      "{'a': 1, 2: [True]}",
      {
        kind: "dict",
        entries: [
          ["a", 1],
          [2, { kind: "list", items: [true] }],
        ],
      },
    ],
    ["{1, 2}", { kind: "set", items: [1, 2] }],
  ])("reads %s", (text, value) => {
    expect(parsePythonValue(text)).toEqual(value);
  });

  it.each([
    "",
    "a",
    "1 2",
    "[1",
    "[1 2]",
    "{'a': }",
    "'open",
    "'two\nlines'",
    "'''open''",
    "r'\\'",
    "07",
    "0x",
    "__import__('os')",
    "[".repeat(9999),
  ])("knows that %s is none", (text) => {
    expect(parsePythonValue(text)).toBeUndefined();
  });
});

describe("pythonValuesEqual", () => {
  const equal = (one: string, other: string) =>
    pythonValuesEqual(parsePythonValue(one)!, parsePythonValue(other)!);

  it("compares by value, whatever the order of dicts and sets", () => {
    expect(equal("{'a': 1, 'b': 2}", "{'b': 2, 'a': 1.0}")).toBe(true);
    expect(equal("{1, 2}", "{2, 1}")).toBe(true);
    expect(equal("('A', 3)", "['A', 3]")).toBe(true);
    expect(equal("[1, 2]", "[2, 1]")).toBe(false);
    expect(equal("{'a': 1}", "{'a': 1, 'b': 2}")).toBe(false);
    expect(equal("'1'", "1")).toBe(false);
  });
});
