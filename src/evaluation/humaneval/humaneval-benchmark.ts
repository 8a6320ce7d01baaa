import { gunzipSync } from "node:zlib";
import { z } from "zod";
import { askModel } from "../ask-model.ts";
import type { Benchmark, BenchmarkTask } from "../benchmark.ts";
import { gradeCode } from "../code-grade.ts";
import { unknownVariant } from "../unknown-variant.ts";
import { readRecords } from "../read-records.ts";
import { definitionTask } from "../definition-task.ts";
import { completedProgram } from "./completed-program.ts";

const recordSchema = z.looseObject({
  task_id: z.string(),
  prompt: z.string(),
  entry_point: z.string().regex(/^\w+$/),
  canonical_solution: z.string(),
  test: z.string(),
});

type HumanEvalTask = z.infer<typeof recordSchema>;

/** Where completions end (Chen et al., 2021, with `@` and blank lines as later harnesses add them). */
const stops = ["\nclass", "\ndef", "\n#", "\n@", "\nprint", "\nif"];

/**
 * HumanEval (Chen et al., 2021): 164 functions to write. By default the agent defines the function in its
 * interpreter, where hidden tests then run. Variant `completion`: one reply that continues the code, without any
 * interpreter; use `--samples` for pass@k.
 */
export const humaneval: Benchmark = {
  name: "humaneval",
  description: "164 Python functions to write, judged by hidden tests",
  formats: ["code", "json", "text"],
  sources: [
    {
      url: "https://raw.githubusercontent.com/openai/human-eval/master/data/HumanEval.jsonl.gz",
      path: "humaneval/HumanEval.jsonl",
      unpack: async (bytes) => new Map([["humaneval/HumanEval.jsonl", gunzipSync(bytes)]]),
    },
  ],
  async load(options) {
    const { variant = "agent" } = options;
    if (variant !== "agent" && variant !== "completion") {
      throw unknownVariant("humaneval", variant, ["agent", "completion"]);
    }
    const records = await readRecords("humaneval/HumanEval.jsonl", recordSchema, options, {
      idOf: (record) => record.task_id,
    });
    return records.map(variant === "agent" ? agentVariant : completionVariant);
  },
};

function testsOf({ test, entry_point: name }: HumanEvalTask): string {
  return `${test}\ncheck(${name})`;
}

function agentVariant(record: HumanEvalTask): BenchmarkTask {
  const { task_id: id, prompt, canonical_solution: solution } = record;
  return definitionTask({
    id,
    what: `Complete this function:\n\n${prompt.trim()}`,
    tests: testsOf(record),
    solution: `${prompt}${solution}`,
  });
}

function completionVariant(record: HumanEvalTask): BenchmarkTask {
  const { task_id: id, prompt } = record;
  return {
    id,
    formats: ["code"],
    async *play(context) {
      const { model, signal, grading } = context;
      const asked = yield* askModel({
        model,
        signal,
        sampling: { temperature: 0, maxOutputTokens: 512, ...context.sampling },
        stop: stops,
        questions: [
          `Continue this Python code. Write only what follows its last line, with its indentation, and nothing else.\n\n${prompt}`,
        ],
      });
      const [completion] = asked.replies;
      if (completion === undefined) return { ...asked, status: "failed", ...asked.fault };
      const program = completedProgram(record, completion, grading);
      await using session = await context.openSession();
      const grade = await gradeCode(session, program, testsOf(record));
      return { ...asked, ...grade, status: "answered", answer: completion };
    },
    oracle: () => ({ replies: [record.canonical_solution.replace(/\n$/, "")] }),
  };
}
