import { z } from "zod";
import type { AgentEvent } from "../../agent/events.ts";
import { CodeActError } from "../../errors.ts";
import { addUsage } from "../../models/model-price.ts";
import type { Model } from "../../models/model.ts";
import { askModel } from "../ask-model.ts";
import type { Benchmark, Ending, LoadOptions, PlayContext } from "../benchmark.ts";
import { readRecords } from "../read-records.ts";
import { fillTemplate, readRating } from "./judge.ts";

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

type JudgePrompt = z.infer<typeof promptSchema>;

interface MtBenchTask {
  readonly id: number;
  readonly category: string;
  readonly turns: readonly [string, string];
  /** Answers that are known to be right; empty where the judge needs none. */
  readonly references: readonly string[];
}

/** Categories that are judged beside a reference, with prompts of their own. */
const withReference = new Set(["math", "reasoning", "coding"]);
const temperatures: Readonly<Record<string, number>> = {
  writing: 0.7,
  roleplay: 0.7,
  stem: 0.1,
  humanities: 0.1,
};
const passMark = 5;
const base = "https://raw.githubusercontent.com/lm-sys/FastChat/main/fastchat/llm_judge/data";

/**
 * MT-Bench (Zheng et al., 2023): 80 conversations of two turns; a judge model rates each answer from 1 to 10. The
 * score of a task is the mean of its two ratings; it counts as solved from 5 on.
 */
export const mtBench: Benchmark = {
  name: "mt-bench",
  description: "80 conversations of two turns, rated from 1 to 10 by a judge model (--judge)",
  formats: ["code"],
  sources: [
    {
      url: `${base}/mt_bench/question.jsonl`,
      path: "mt-bench/question.jsonl",
      sha256: "119565adbab82227089cefdb44c8d7e2cf04dc0a0ec233634c82e7d4e2a944f7",
    },
    {
      url: `${base}/judge_prompts.jsonl`,
      path: "mt-bench/judge_prompts.jsonl",
      sha256: "fd283293406d024f44c174b094ef48031d0687a4682fd3a56b29b138f80281b6",
    },
    {
      url: `${base}/mt_bench/reference_answer/gpt-4.jsonl`,
      path: "mt-bench/reference_answer_gpt-4.jsonl",
      sha256: "f957a5bc977badb66885ec970e6cd08527845780313f0995764260e5777b9b3f",
    },
  ],
  async load(options) {
    const { judge } = options;
    if (judge === undefined) {
      throw new CodeActError("invalid_input", "mt-bench needs a model that judges.", {
        hint: "Name one with --judge, such as --judge openai/gpt-5-mini.",
      });
    }
    const { tasks, prompts } = await loadMtBench(options);
    return tasks.map((task) => ({
      id: `${task.id}`,
      group: task.category,
      play: (context) => playMtBench(task, prompts, judge, context),
      // Without a reference the judge alone decides, and nobody knows what would pass.
      ...(task.references.length >= 2 && { oracle: () => ({ replies: task.references }) }),
    }));
  },
};

async function loadMtBench(
  options: LoadOptions,
): Promise<{ readonly tasks: readonly MtBenchTask[]; readonly prompts: readonly JudgePrompt[] }> {
  const [questions, prompts, answers] = await Promise.all([
    readRecords("mt-bench/question.jsonl", questionSchema, options),
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

async function* playMtBench(
  task: MtBenchTask,
  prompts: readonly JudgePrompt[],
  judge: Model,
  context: PlayContext,
): AsyncGenerator<AgentEvent, Ending, undefined> {
  const { model, signal, sampling, grading } = context;
  const asked = yield* askModel({
    model,
    signal,
    questions: task.turns,
    sampling: {
      temperature: temperatures[task.category] ?? 0,
      maxOutputTokens: 1024,
      ...sampling,
    },
  });
  if (asked.fault !== undefined) return { ...asked, ...asked.fault };
  const ratings: number[] = [];
  const verdicts: string[] = [];
  let { usage } = asked;
  for (const turn of [1, 2] as const) {
    const prompt = promptOf(prompts, task, turn);
    const judged = askModel({
      model: judge,
      signal,
      system: prompt.system_prompt,
      questions: [fillTemplate(prompt.prompt_template, task, asked.replies)],
      sampling: { temperature: 0, maxOutputTokens: 2048 },
    });
    let step = await judged.next();
    // What the judge says is no event of the play: it is kept as the reason.
    while (step.done !== true) step = await judged.next();
    usage = addUsage(usage, step.value.usage);
    if (step.value.fault !== undefined) return { ...asked, usage, ...step.value.fault };
    const verdict = step.value.replies[0] ?? "";
    const rating = readRating(verdict, grading);
    verdicts.push(`Turn ${turn}, ${rating ?? "no rating"}: ${verdict.trim()}`);
    if (rating !== undefined) ratings.push(rating);
  }
  const reason = verdicts.join("\n\n");
  const answer = asked.replies.join("\n\n");
  if (ratings.length === 0) {
    const error = new CodeActError("model_failed", `The judge ${judge.id} gave no rating.`);
    return { ...asked, usage, status: "failed", error, reason, answer };
  }
  const score = ratings.reduce((sum, rating) => sum + rating, 0) / ratings.length;
  return { ...asked, usage, status: "answered", success: score >= passMark, score, reason, answer };
}

function promptOf(prompts: readonly JudgePrompt[], task: MtBenchTask, turn: 1 | 2): JudgePrompt {
  const name = `single${task.references.length > 0 ? "-math" : ""}-v1${turn === 2 ? "-multi-turn" : ""}`;
  const prompt = prompts.find((candidate) => candidate.name === name);
  if (prompt !== undefined) return prompt;
  throw new CodeActError("invalid_input", `The judge's prompts of mt-bench lack ${name}.`, {
    hint: "Fetch them again with `codeact eval fetch mt-bench`.",
  });
}
