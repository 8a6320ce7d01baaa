import { expect, it } from "vitest";
import { gradeGsm8k } from "./gsm8k-grade.ts";

it.each([
  ["#### 18", "So she makes 18.", true, true],
  ["#### 18", "She makes $18.00 a day.", false, true], // the last run of digits is 00
  ["#### 1,200", "It is 1200", true, true],
  ["#### 1,200", "It is 1,200", false, true],
  ["#### 200", "It is 1,200", true, false],
  ["#### 5", "It is -5", true, false],
  ["#### -10", "It is -10", false, true],
  ["#### 5", "It is 05", false, true], // Python knows no such number
  ["#### 3", "#### 3\nChecked in 2 ways.", false, true],
  ["#### -10", "She has \u{2212}10 left.", false, true],
  ["#### 3", "There is no number.", false, false],
  ["#### 25", "**The answer is 25%.**", true, true],
])("of %s and %j is %s, corrected %s", (reference, answer, faithful, corrected) => {
  expect(gradeGsm8k(reference, answer, "faithful")).toBe(faithful);
  expect(gradeGsm8k(reference, answer, "corrected")).toBe(corrected);
});
