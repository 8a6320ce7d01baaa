import { z } from "zod";
import type { LoadOptions } from "../benchmark.ts";
import { readRecords } from "../read-records.ts";

const questionSchema = z.looseObject({
  question_id: z.int(),
  category: z.string(),
  turns: z.tuple([z.string(), z.string()]),
  reference: z.array(z.string()).exactOptional(),
});
const promptSchema = z.looseObject({
  name: z.string(),
  type: z.string(),
  system_prompt: z.string(),
  prompt_template: z.string(),
});
const referenceSchema = z.looseObject({
  question_id: z.int(),
  choices: z.array(z.looseObject({ turns: z.array(z.string()) })).min(1),
});

export type JudgePrompt = z.infer<typeof promptSchema>;

export interface MtBenchTask {
  readonly id: number;
  readonly category: string;
  readonly turns: readonly [string, string];
  /** Answers that are known to be right; empty where the judge needs none. */
  readonly references: readonly string[];
}

/** Categories that are judged beside a reference, with prompts of their own. */
const withReference = new Set(["math", "reasoning", "coding"]);

/** Reads the questions, the references where a judge is to see one, and the judge's prompts. */
export async function loadMtBench(
  options: LoadOptions,
): Promise<{ readonly tasks: readonly MtBenchTask[]; readonly prompts: readonly JudgePrompt[] }> {
  const [questions, prompts, answers] = await Promise.all([
    readRecords("mt-bench/question.jsonl", questionSchema, options, {
      idOf: (question) => question.question_id,
    }),
    readRecords("mt-bench/judge_prompts.jsonl", promptSchema, options),
    readRecords("mt-bench/reference_answer_gpt-4.jsonl", referenceSchema, options),
  ]);
  const references = new Map(
    answers.map((answer) => [answer.question_id, answer.choices[0]?.turns]),
  );
  return {
    prompts,
    tasks: questions.map(({ question_id: id, category, turns }) => ({
      id,
      category,
      turns,
      references: withReference.has(category) ? (references.get(id) ?? []) : [],
    })),
  };
}
