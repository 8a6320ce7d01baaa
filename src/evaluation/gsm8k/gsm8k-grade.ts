import type { Grading } from "../benchmark.ts";

/**
 * Judges an answer by its last number.
 *
 * `faithful`: the last run of digits of the answer, which has to be as Python writes a number, so that sign, decimals
 * and thousands separators are dropped: `-5` is 5, `1.5` is 5, `1,200` is 200, and `05` is none. The reference keeps
 * its sign and loses its separators: where it is negative or has a thousands separator, only 1200 is 1,200. `corrected`: the last number as a number, or the one after `####` or
 * `answer is` where the text has it.
 */
export function gradeGsm8k(reference: string, answer: string, grading: Grading): boolean {
  const wanted = reference.split("####").at(-1) ?? "";
  if (grading === "faithful") {
    const given = [...answer.matchAll(/\p{Nd}+/gu)].at(-1)?.[0] ?? "";
    return /^(?:0+|[1-9]\d*)$/.test(given) && Number(given) === Number(wanted.replaceAll(",", ""));
  }
  const given = lastNumber(answer);
  const right = lastNumber(wanted);
  return given !== undefined && right !== undefined && Math.abs(given - right) < 1e-6;
}

function lastNumber(written: string): number | undefined {
  const text = written.replaceAll("\u{2212}", "-");
  const marked = /(?:####|answer is)[:\s]*\**\$?\s*([-+]?[\d,]*\.?\d+)/gi;
  const numbers = /(?<![\w.])[-+]?\$?\d[\d,]*(?:\.\d+)?|(?<![\w.])[-+]?\.\d+/g;
  const found = [...text.matchAll(marked)].at(-1)?.[1] ?? [...text.matchAll(numbers)].at(-1)?.[0];
  if (found === undefined) return undefined;
  return Number(found.replaceAll(/[$,]/g, ""));
}
