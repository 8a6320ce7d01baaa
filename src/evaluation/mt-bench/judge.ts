import type { Grading } from "../benchmark.ts";

/** Fills the judge's template with a conversation; text that looks like a gap in it stays as it is. */
export function fillTemplate(
  template: string,
  {
    turns,
    references,
  }: { readonly turns: readonly string[]; readonly references: readonly string[] },
  answers: readonly string[],
): string {
  const values: Readonly<Record<string, string | undefined>> = {
    question: turns[0],
    answer: answers[0],
    question_1: turns[0],
    question_2: turns[1],
    answer_1: answers[0],
    answer_2: answers[1],
    ref_answer_1: references[0],
    ref_answer_2: references[1],
  };
  return template.replaceAll(/\{(\w+)\}/g, (gap, name: string) => values[name] ?? gap);
}

/**
 * Reads the rating from what a judge said: the first `[[n]]`, else the first `[n]`. `faithful` takes any number;
 * `corrected` takes the last one, since judges quote the format first, and only from 1 to 10.
 */
export function readRating(verdict: string, grading: Grading): number | undefined {
  for (const pattern of [/\[\[(\d+\.?\d*)\]\]/g, /\[(\d+\.?\d*)\]/g]) {
    const found = [...verdict.matchAll(pattern)].map((match) => Number(match[1]));
    const rating =
      grading === "faithful" ? found[0] : found.findLast((value) => value >= 1 && value <= 10);
    if (rating !== undefined) return rating;
  }
  return undefined;
}
