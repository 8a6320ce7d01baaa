import { describe, expect, it } from "vitest";
import { gradeMultipleChoice, gradeReasoning, pythonFloat } from "./mint-grade.ts";

describe("gradeReasoning", () => {
  it.each([
    ["10.0", "10.4", true, true],
    ["10.0", "10.6", false, false],
    ["-5.0", "-5", false, true], // the tolerance of a negative reference is negative
    ["6", "The answer is 16 .", true, false], // a digit of another number will do
    ["6", "so it is 6.", true, true],
    ["1200", "$1,200", false, true],
    ["0.5", "1/2", false, true],
    ["yes", " Yes, both were American. ", true, true],
    ["no", "I do not know", true, false],
  ])("of %s and %j is %s, corrected %s", (reference, answer, faithful, corrected) => {
    expect(gradeReasoning(reference, answer, "faithful")).toBe(faithful);
    expect(gradeReasoning(reference, answer, "corrected")).toBe(corrected);
  });
});

describe("gradeMultipleChoice", () => {
  const prompt = "Who?\nOptions: A ) Adam , B ) Adam and Bea , C ) Chloe , D ) (x)(y)";
  it.each([
    ["b", " B ", true, true],
    ["d", " C ) Adam and Chloe ", true, false], // the d of Adam
    ["c", "a ) because of c", false, false],
    ["c", "Chloe", true, true],
    ["b", "Adam and Bea", true, true],
    ["a", "The answer is A) Adam", true, true],
    ["a", "D", false, false],
    ["d", "Option D", true, true],
  ])("of %s and %j is %s, corrected %s", (reference, answer, faithful, corrected) => {
    expect(gradeMultipleChoice(reference, prompt, answer, "faithful")).toBe(faithful);
    expect(gradeMultipleChoice(reference, prompt, answer, "corrected")).toBe(corrected);
  });
});

describe("pythonFloat", () => {
  it.each([
    [" 1_000.5e-1 ", 100.05],
    ["-.5", -0.5],
    ["5.", 5],
    ["-inf", -Infinity],
    ["nan", Number.NaN],
    ["1__0", undefined],
    ["0x10", undefined],
    ["", undefined],
    ["1,000", undefined],
  ])("reads %j as Python does", (text, value) => {
    expect(pythonFloat(text)).toBe(value);
  });
});
