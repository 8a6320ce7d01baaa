import type { Sampling } from "../agent/stream-reply.ts";
import { isCodeActError } from "../errors.ts";
import type { Runtime } from "../execution/runtime.ts";
import type { EnvironmentDescription } from "../formats/format.ts";
import type { Model, Usage } from "../models/model.ts";
import type { BenchmarkTask, Ending, Feedback, FormatName, Grading } from "./benchmark.ts";
import { jobsOf, modelFor, type Job } from "./evaluation-jobs.ts";
import { createOutageWatch } from "./outage.ts";
import { playTask } from "./play-task.ts";
import { trajectoryOf } from "./played-trajectory.ts";
import { createPressure, type Pressure } from "./pressure.ts";
import type { ResultStore } from "./result-store.ts";
import type { EvaluationResult, Trajectory } from "./trajectory.ts";
import { isRetried } from "./verdict.ts";

export interface EvaluationOptions {
  readonly benchmark: string;
  readonly tasks: readonly BenchmarkTask[];
  /** The model, or what makes one for each play: a recording serves one conversation. */
  readonly model: Model | ((task: BenchmarkTask) => Model);
  readonly runtime: Runtime;
  readonly store: ResultStore;
  readonly format: FormatName;
  readonly grading: Grading;
  readonly feedback: Feedback;
  readonly environment?: EnvironmentDescription;
  readonly sampling?: Sampling;
  readonly maxTurns?: number;
  /** Tries at each task. Default: 1. */
  readonly samples?: number;
  /** Of the first try's random numbers, in the interpreter and, where it takes one, the model. Default: 0. */
  readonly seed?: number;
  /** Variant of the benchmark; part of the key. */
  readonly variant?: string;
  /** Name of the model that judges answers, where the benchmark has one; part of the key. */
  readonly judge?: string;
  /** Tasks played at once. Default: 4. */
  readonly concurrency?: number;
  /** Wall time of one task. Default: 15 minutes. */
  readonly taskTimeoutMs?: number;
  /** Dollars of what was used; default: by the model's own price, where that is known. */
  readonly price?: (usage: Usage) => number;
  /** Interrupts: tasks that are being played are dropped, finished ones are kept. */
  readonly signal?: AbortSignal;
  /** Called once at the start and after each task. */
  readonly onProgress?: (progress: EvaluationProgress) => void;
}

export interface EvaluationProgress {
  /** Tasks that are over, those of earlier runs included. */
  readonly done: number;
  /** Those of them that the model's service or the sandbox failed: they do not count. */
  readonly failed: number;
  readonly total: number;
  readonly successes: number;
  /** Sum of the costs that are known. */
  readonly cost: number;
  /** Undefined before the first task of this run is over. */
  readonly leftMs: number | undefined;
}

const tries = 3;

/**
 * Plays all tasks that have no result yet and returns the results of all, in the order of the tasks. Rejects
 * with the signal's reason when it fires, and with the model's fault when its service answers nothing any more;
 * what is done by then is kept, and the next run goes on from there.
 */
export async function runEvaluation(
  options: EvaluationOptions,
): Promise<readonly EvaluationResult[]> {
  const { store, concurrency = 4, onProgress } = options;
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, ...(options.signal ? [options.signal] : [])]);
  const watch = createOutageWatch();
  const jobs = jobsOf(options);
  const open = jobs.filter(({ key }) => !store.isDone(key));
  const pressure = createPressure(concurrency);
  const started = performance.now();
  const tally = tallyOf(jobs, store);
  let finished = 0;
  let failed = 0;

  function report(): void {
    const left = open.length - finished;
    onProgress?.({
      ...tally,
      done: jobs.length - left,
      failed,
      total: jobs.length,
      leftMs: finished === 0 ? undefined : ((performance.now() - started) / finished) * left,
    });
  }

  const queue = open.values();
  async function work(): Promise<void> {
    for (const job of queue) {
      const trajectory = await playJob(job, options, {
        pressure,
        signal,
        onAttempt({ error, turns }) {
          const reason = watch.observe(error, turns);
          if (reason !== undefined) stop.abort(reason);
        },
      });
      signal.throwIfAborted();
      store.add(trajectory);
      finished += 1;
      failed += isRetried(trajectory.verdict) ? 1 : 0;
      tally.successes += trajectory.success ? 1 : 0;
      tally.cost += trajectory.cost ?? 0;
      report();
    }
  }
  report();
  const workers = Array.from({ length: Math.min(concurrency, open.length) }, () =>
    work().catch((reason: unknown) => {
      // What ends one worker, such as a full disk, would end the others after more work for nothing.
      stop.abort(reason);
      throw reason;
    }),
  );
  // All workers stop before the caller closes what they use.
  const ends = await Promise.allSettled(workers);
  for (const end of ends) if (end.status === "rejected") throw end.reason;
  return resultsOf(jobs, store);
}

function resultsOf(jobs: readonly Job[], store: ResultStore): readonly EvaluationResult[] {
  const known = new Map(store.results().map((result) => [result.key, result]));
  return jobs.flatMap(({ key }) => known.get(key) ?? []);
}

/** What the tasks that need no more work have come to. */
function tallyOf(jobs: readonly Job[], store: ResultStore): { successes: number; cost: number } {
  const done = resultsOf(jobs, store).filter(({ key }) => store.isDone(key));
  return {
    successes: done.filter(({ success }) => success).length,
    cost: done.reduce((sum, { cost = 0 }) => sum + cost, 0),
  };
}

interface Attempts {
  readonly pressure: Pressure;
  readonly signal: AbortSignal;
  /** Is told how an attempt ended. */
  readonly onAttempt: (ending: Ending) => void;
}

/** Plays one task, again where the service or the machine was overloaded. */
async function playJob(
  job: Job,
  options: EvaluationOptions,
  { pressure, signal, onAttempt }: Attempts,
): Promise<Trajectory> {
  for (let attempt = 1; ; attempt++) {
    await pressure.enter(signal);
    let trouble = false;
    const seed = (options.seed ?? 0) + job.sample;
    try {
      const played = await playTask(job.task, {
        ...options,
        model: modelFor(options, job.task),
        environment: options.environment ?? {},
        sampling: { seed, ...options.sampling },
        seed,
        taskTimeoutMs: options.taskTimeoutMs ?? 15 * 60_000,
        signal,
      });
      const { error } = played.ending;
      onAttempt(played.ending);
      // A context that was full for all conversations together may do for fewer.
      const isShared = error?.details["reason"] === "shared-context";
      trouble = isShared || (isCodeActError(error) && error.retryable);
      const trajectory = trajectoryOf(job, played, options);
      if (attempt === tries || !trouble || trajectory.success || played.timedOut) return trajectory;
    } finally {
      pressure.leave(trouble);
    }
  }
}
