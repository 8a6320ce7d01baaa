import { describe, expect, it } from "vitest";
import { gradeCorrectly, gradeFaithfully } from "./m3-grade.ts";
import type { M3Expected } from "./m3-grade.ts";

function expected(type: string, repr: string, text = repr): M3Expected {
  return { type, repr, text };
}

const whole = expected("int", "3");
const price = expected("float", "68.71");
const round = expected("float", "8100.0");
const word = expected("str", "'KMPP'", "KMPP");
const flag = expected("bool", "False");
const list = expected("list", "[36380.0, 48150.0]");
const counts = expected("dict", "{'T': 1, 'A': 2}");
const pair = expected("tuple", "('A', 3)");

describe("gradeFaithfully", () => {
  it.each([
    ["3", whole, true],
    [" 3 ", whole, true],
    ["3.0", whole, true],
    ["three", whole, false],
    ["'3'", whole, true], // read as a Python literal
    ["0x3", whole, true],
    ["03", whole, true],
    ["(03)", whole, false],
    ["(3.)", whole, false],
    ["68.71", price, true],
    ["68", price, true], // the original cuts the expected number
    ["68.710", price, true],
    ["$68.71", price, false],
    ["8100", round, true],
    ["8,100", round, false],
    ["KMPP", word, true],
    ["'KMPP'", word, true],
    ["kmpp", word, false],
    ["False", flag, true],
    ["0", flag, true],
    ["(False)", flag, true],
    ["false", flag, false],
    ["[36380.0, 48150.0]", list, true],
    ["[36380, 48150]", list, false],
    ["{'A': 2, 'T': 1}", counts, false],
    ["('A', 3)", pair, true],
    ["A, 3", pair, false],
  ])("judges %j", (answer, wanted, success) => {
    expect(gradeFaithfully(answer, wanted)).toBe(success);
  });
});

describe("gradeCorrectly", () => {
  it.each([
    ["3.0", whole, true],
    ["4", whole, false],
    ["$68.71", price, true],
    ["68.714", price, true],
    ["68.72", price, false],
    ["68", price, false],
    ["8,100", round, true],
    ["'KMPP'", word, true],
    ["kmpp.", word, true],
    ["KMP", word, false],
    ["false", flag, true],
    ["0", flag, false],
    ["[36380, 48150]", list, true],
    ["36380.0, 48150.0", list, true],
    ["[48150, 36380]", list, false],
    ["{'A': 2, 'T': 1}", counts, true],
    ["{'A': 2}", counts, false],
    ["['A', 3]", pair, true],
    ["__import__('os')", pair, false],
  ])("judges %j", (answer, wanted, success) => {
    expect(gradeCorrectly(answer, [wanted], { decimals: 2 })).toBe(success);
  });

  it("accepts every answer that is right", () => {
    const other = expected("str", "'CCC'", "CCC");
    expect(gradeCorrectly("CCC", [word, other])).toBe(true);
    expect(gradeCorrectly("GGG", [word, other])).toBe(false);
  });
});
