import type { Usage } from "../models/model.ts";
import { costOf } from "../models/model-price.ts";
import { shortenText } from "../formats/shorten-text.ts";
import type { BenchmarkTask } from "./benchmark.ts";
import { modelFor, type Job } from "./evaluation-jobs.ts";
import type { Played } from "./play-task.ts";
import { provenanceOf } from "./provenance.ts";
import type { EvaluationOptions } from "./run-evaluation.ts";
import { isSyntaxError } from "./syntax-error.ts";
import { plainFault, type Trajectory } from "./trajectory.ts";
import { verdictOf } from "./verdict.ts";

/** What a model that can't stop wrote is whole in the trajectory's messages. */
const maxShownCharacters = 20_000;

/** What is kept of a play. */
export function trajectoryOf(job: Job, played: Played, options: EvaluationOptions): Trajectory {
  const { ending, events, timedOut, startedAt, wallMs } = played;
  const { task, key, sample, modelId, settings } = job;
  const success = ending.success === true;
  const cost = costOfTask(ending.usage, task, options);
  const outcomes = events.flatMap((event) => (event.type === "cell-end" ? [event.outcome] : []));
  return {
    key,
    benchmark: options.benchmark,
    task: task.id,
    ...(task.group !== undefined && { group: task.group }),
    model: modelId,
    format: options.format,
    grading: options.grading,
    feedback: options.feedback,
    settings,
    sample,
    verdict: verdictOf(ending, events, timedOut),
    success,
    score: ending.score ?? (success ? 1 : 0),
    ...(ending.answer !== undefined && { answer: shortenText(ending.answer, maxShownCharacters) }),
    ...(ending.reason !== undefined && { reason: shortenText(ending.reason, maxShownCharacters) }),
    turns: ending.turns,
    malformed: events.filter(({ type }) => type === "reply-malformed").length,
    cells: outcomes.length,
    failedCells: outcomes.filter(({ status }) => status !== "ok").length,
    syntaxErrors: outcomes.filter(isSyntaxError).length,
    usage: ending.usage,
    ...(cost !== undefined && { cost }),
    wallMs: Math.round(wallMs),
    ...(ending.error && { error: plainFault(ending.error) }),
    provenance: provenanceOf({
      startedAt,
      python: options.environment?.pythonVersion,
      runtime: options.runtime.name,
      provider: modelFor(options, task).provider,
    }),
    messages: ending.messages,
    events,
  };
}

function costOfTask(
  usage: Usage,
  task: BenchmarkTask,
  options: EvaluationOptions,
): number | undefined {
  if (options.price !== undefined) return options.price(usage);
  const { price } = modelFor(options, task);
  return price === undefined ? undefined : costOf(usage, price);
}
