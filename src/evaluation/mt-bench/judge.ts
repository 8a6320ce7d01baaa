import { CodeActError } from "../../errors.ts";
import { addUsage } from "../../models/model-price.ts";
import type { Model, Usage } from "../../models/model.ts";
import { askModel } from "../ask-model.ts";
import type { Ending, Grading } from "../benchmark.ts";
import type { JudgePrompt, MtBenchTask } from "./mt-bench-data.ts";

const passMark = 5;

export interface JudgeOptions {
  readonly judge: Model;
  readonly prompts: readonly JudgePrompt[];
  readonly grading: Grading;
  readonly signal: AbortSignal;
}

/** Has a judge rate both answers of a conversation. The score is the mean of the ratings that it gave. */
export async function judgeAnswers(
  task: MtBenchTask,
  answers: readonly string[],
  { judge, prompts, grading, signal }: JudgeOptions,
): Promise<Pick<Ending, "status" | "error" | "reason" | "success" | "score" | "usage">> {
  const ratings: number[] = [];
  const verdicts: string[] = [];
  let usage: Usage = { inputTokens: 0, outputTokens: 0 };
  for (const turn of [1, 2] as const) {
    const prompt = promptOf(prompts, task, turn);
    const judged = askModel({
      model: judge,
      signal,
      system: prompt.system_prompt,
      questions: [fillTemplate(prompt.prompt_template, task, answers)],
      sampling: { temperature: 0, maxOutputTokens: 2048 },
    });
    let step = await judged.next();
    // What the judge says is no event of the play: it is kept as the reason.
    while (step.done !== true) step = await judged.next();
    usage = addUsage(usage, step.value.usage);
    if (step.value.fault !== undefined) return { usage, ...step.value.fault };
    const verdict = step.value.replies[0] ?? "";
    const rating = readRating(verdict, grading);
    verdicts.push(`Turn ${turn}, ${rating ?? "no rating"}: ${verdict.trim()}`);
    if (rating !== undefined) ratings.push(rating);
  }
  const reason = verdicts.join("\n\n");
  if (ratings.length === 0) {
    const error = new CodeActError("model_failed", `The judge ${judge.id} gave no rating.`);
    return { usage, status: "failed", error, reason };
  }
  const score = ratings.reduce((sum, rating) => sum + rating, 0) / ratings.length;
  return { usage, status: "answered", success: score >= passMark, score, reason };
}

function promptOf(prompts: readonly JudgePrompt[], task: MtBenchTask, turn: 1 | 2): JudgePrompt {
  const name = `single${task.references.length > 0 ? "-math" : ""}-v1${turn === 2 ? "-multi-turn" : ""}`;
  const prompt = prompts.find((candidate) => candidate.name === name);
  if (prompt !== undefined) return prompt;
  throw new CodeActError("invalid_input", `The judge's prompts of mt-bench lack ${name}.`, {
    hint: "Fetch them again with `codeact eval fetch mt-bench`.",
  });
}

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
