import { CodeActError } from "../errors.ts";
import type { Model } from "../models/model.ts";
import type { BenchmarkTask } from "./benchmark.ts";
import type { EvaluationOptions } from "./run-evaluation.ts";

/** One try at one task. */
export interface Job {
  readonly key: string;
  readonly task: BenchmarkTask;
  readonly sample: number;
  readonly modelId: string;
  readonly settings: string;
}

/** All tries at all tasks, in their order. Throws `invalid_input` where two tasks have one id. */
export function jobsOf(options: EvaluationOptions): readonly Job[] {
  const { benchmark, tasks, format, grading, feedback, samples = 1 } = options;
  checkIds(benchmark, tasks);
  const settings = settingsOf(options);
  return tasks.flatMap((task) =>
    Array.from({ length: samples }, (_, sample) => {
      const modelId = modelFor(options, task).id;
      const key = [benchmark, task.id, modelId, format, grading, feedback, settings, sample];
      return { key: JSON.stringify(key), task, sample, modelId, settings };
    }),
  );
}

/** Results are found again by the ids of tasks: two alike would share one. */
function checkIds(benchmark: string, tasks: readonly BenchmarkTask[]): void {
  const seen = new Set<string>();
  for (const { id } of tasks) {
    if (seen.has(id)) {
      throw new CodeActError("invalid_input", `Two tasks of ${benchmark} have the id ${id}.`, {
        hint: "Remove one of them from the data, or give each task an id of its own.",
      });
    }
    seen.add(id);
  }
}

function settingsOf(options: EvaluationOptions): string {
  const { variant, judge, maxTurns, sampling = {}, seed = 0 } = options;
  const parts = { variant, judge, maxTurns, ...sampling, seed: seed === 0 ? undefined : seed };
  return Object.entries(parts)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]))
    .join(" ");
}

/** The model that plays a task. */
export function modelFor({ model }: EvaluationOptions, task: BenchmarkTask): Model {
  return typeof model === "function" ? model(task) : model;
}
