import type { Grading } from "../benchmark.ts";

/**
 * Judges an answer by its last number.
 *
 * `faithful`: the last run of digits on both sides, so that sign, decimals and thousands separators are dropped:
 * `-5` is 5, `1.5` is 5, `1,200` is 200. `corrected`: the last number as a number, or the one after `####` or
 * `answer is` where the text has it.
 */
export function gradeGsm8k(reference: string, answer: string, grading: Grading): boolean {
  const wanted = reference.split("####").at(-1) ?? "";
  if (grading === "faithful") {
    const given = /(\d+)\D*$/.exec(answer)?.[1];
    return given !== undefined && given === /(\d+)\D*$/.exec(wanted)?.[1];
  }
  const given = lastNumber(answer);
  const right = lastNumber(wanted);
  return given !== undefined && right !== undefined && Math.abs(given - right) < 1e-6;
}

function lastNumber(text: string): number | undefined {
  const marked = /(?:####|answer is)[:\s]*\**\$?\s*([-+]?[\d,]*\.?\d+)/gi;
  const numbers = /(?<![\w.])[-+]?\$?\d[\d,]*(?:\.\d+)?|(?<![\w.])[-+]?\.\d+/g;
  const found = [...text.matchAll(marked)].at(-1)?.[1] ?? [...text.matchAll(numbers)].at(-1)?.[0];
  if (found === undefined) return undefined;
  return Number(found.replaceAll(/[$,]/g, ""));
}
