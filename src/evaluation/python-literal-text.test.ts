import { describe, expect, it } from "vitest";
import { pythonLiteralText } from "./python-literal-text.ts";

// What CPython's str(ast.literal_eval(text.strip())) gives.
describe("pythonLiteralText", () => {
  it.each([
    ["1,2", "(1, 2)"],
    ["68.70\n", "68.7"],
    ["1,", "(1,)"],
    ["'it''s' \" ok\"", "its ok"],
    [
      "['a', \"it's\", 'tab\\t', '\\x00', 'é', '\\u200b']",
      `['a', "it's", 'tab\\t', '\\x00', 'é', '\\u200b']`,
    ],
    ['{"a": 1, "b": [1.0, None], "a": 2}', "{'a': 2, 'b': [1.0, None]}"],
    ["{1,\n 2, 1}", "{1, 2}"],
    ["(1)", "1"],
    ["()", "()"],
    ["[ (1,), set(), {} ] # why", "[(1,), set(), {}]"],
    ["12345678901234567890", "12345678901234567890"],
    ["0x_ff", "255"],
    ["1_000.50", "1000.5"],
    ["- 5", "-5"],
    ["1e16", "1e+16"],
    ["1e15", "1000000000000000.0"],
    ["0.0001", "0.0001"],
    ["0.00001", "1e-05"],
    ["1.5e300", "1.5e+300"],
    ["1e999", "inf"],
    ["-0.0", "-0.0"],
    ["r'\\n'", "\\n"],
    ["'\\101\\/'", "A\\/"],
    ["True", "True"],
  ])("reads %j as %j", (text, expected) => {
    expect(pythonLiteralText(text)).toBe(expected);
  });

  it.each([
    ["hello"],
    ["true"],
    ["null"],
    ["1\n2"],
    ["1,\n2"],
    ["# nothing"],
    ["'a'\n'b'"],
    ["07"],
    ["1 2"],
    ["[1 2]"],
    ["{[1]: 2}"],
    ["{[1]}"],
    ["--5"],
    ["-True"],
    ["[1, 2"],
    ["'open"],
    ["1+1"],
    ["f'x'"],
    ["f(1)"],
    ["5 units"],
    ["5units"],
    ["Truely"],
    [""],
    ["["],
    ["[".repeat(2000)],
  ])("leaves %j, which is no literal", (text) => {
    expect(pythonLiteralText(text)).toBeUndefined();
  });
});
