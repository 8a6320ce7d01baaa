import { z } from "zod";
import { askModel } from "../ask-model.ts";
import type { Benchmark, BenchmarkTask, LoadOptions } from "../benchmark.ts";
import { gradeCode } from "../code-grade.ts";
import { definitionTask } from "../definition-task.ts";
import { loadMintTasks } from "../mint/mint-tasks.ts";
import { readRecords } from "../read-records.ts";
import { unknownVariant } from "../unknown-variant.ts";

const recordSchema = z.looseObject({
  task_id: z.int(),
  prompt: z.string(),
  code: z.string(),
  test_imports: z.array(z.string()),
  test_list: z.array(z.string()).min(1),
});

/** A task of either set. */
interface MbppTask {
  readonly id: string;
  /** The task in words, with one of its tests. */
  readonly prompt: string;
  readonly solution: string;
  readonly tests: string;
}

const variants = ["mint", "sanitized", "mint-completion", "sanitized-completion"];

/**
 * MBPP (Austin et al., 2021): short functions to write, judged by three tests each, of which one is shown. Variants:
 * `mint`, the 91 tasks that MINT took (the default); `sanitized`, the 257 tasks of the checked set's test part.
 * With `-completion` the model gives one reply, without any interpreter.
 */
export const mbpp: Benchmark = {
  name: "mbpp",
  description: "short Python functions to write, judged by tests",
  formats: ["code", "json", "text"],
  sources: [
    {
      url: "https://raw.githubusercontent.com/google-research/google-research/master/mbpp/sanitized-mbpp.json",
      path: "mbpp/sanitized-mbpp.jsonl",
      unpack: async (bytes) => {
        const records = z.array(z.unknown()).parse(JSON.parse(new TextDecoder().decode(bytes)));
        const lines = records.map((record) => `${JSON.stringify(record)}\n`).join("");
        return new Map([["mbpp/sanitized-mbpp.jsonl", new TextEncoder().encode(lines)]]);
      },
    },
    {
      url: "https://raw.githubusercontent.com/xingyaoww/mint-bench/main/data/processed/mbpp/test_prompts.json",
      path: "mint/processed/mbpp/test_prompts.json",
    },
  ],
  async load(options) {
    const { variant = "mint" } = options;
    if (!variants.includes(variant)) throw unknownVariant("mbpp", variant, variants);
    const tasks = variant.startsWith("mint")
      ? await loadMint(options)
      : await loadSanitized(options);
    return tasks.map(variant.endsWith("completion") ? completionVariant : agentVariant);
  },
};

async function loadMint(options: LoadOptions): Promise<readonly MbppTask[]> {
  const tasks = await loadMintTasks("mbpp", options);
  return tasks.map(({ id, prompt, solution = "", reference }) => ({
    id: `mint/${id}`,
    prompt,
    solution,
    tests: String(reference),
  }));
}

async function loadSanitized(options: LoadOptions): Promise<readonly MbppTask[]> {
  const records = await readRecords("mbpp/sanitized-mbpp.jsonl", recordSchema, options, {
    idOf: (record) => record.task_id,
  });
  // Tasks 1 to 10 are examples for prompts, those above 510 are for validation and training.
  return records
    .filter(({ task_id: id }) => id > 10 && id <= 510)
    .map(({ task_id: id, prompt, code, test_imports: imports, test_list: tests }) => ({
      id: `sanitized/${id}`,
      prompt: `${prompt}\n${tests[0] ?? ""}`,
      solution: code,
      tests: [...imports, ...tests].join("\n"),
    }));
}

function agentVariant({ id, prompt, solution, tests }: MbppTask): BenchmarkTask {
  return definitionTask({
    id,
    what: prompt,
    tests,
    solution: solution.replaceAll("\r\n", "\n"),
  });
}

function completionVariant({ id, prompt, solution, tests }: MbppTask): BenchmarkTask {
  return {
    id,
    formats: ["code"],
    async *play(context) {
      const asked = yield* askModel({
        model: context.model,
        signal: context.signal,
        sampling: { temperature: 0, maxOutputTokens: 1024, ...context.sampling },
        questions: [`${prompt}\n\nReply with the Python code only, in one fenced block.`],
      });
      const [reply] = asked.replies;
      if (reply === undefined) return { ...asked, status: "failed", ...asked.fault };
      const program = /```(?:\w*)\n([\s\S]*?)(?:\n```|$)/.exec(reply)?.[1] ?? reply;
      await using session = await context.openSession();
      const grade = await gradeCode(session, program, tests);
      return { ...asked, ...grade, status: "answered", answer: reply };
    },
    oracle: () => ({ replies: [`\`\`\`python\n${solution.replaceAll("\r\n", "\n")}\n\`\`\``] }),
  };
}
