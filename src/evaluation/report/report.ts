import type { EvaluationResult } from "../trajectory.ts";
import type { BenchmarkTask } from "../benchmark.ts";
import { findCeilings, type Ceiling, type UnsolvableTask } from "./ceiling.ts";
import { bestFormats, compareResults, type BestFormat, type Comparison } from "./comparison.ts";
import { reportProvenance, type ReportProvenance } from "./report-provenance.ts";
import { inOrder } from "./in-order.ts";
import { passRates, type PassAtK } from "./pass-at-k.ts";
import { publishedRows, type PublishedRow } from "./published.ts";
import { oracleName } from "../oracle.ts";
import { isRetried } from "../verdict.ts";
import { mean, summarise, summaryKey, type Summary } from "./summary.ts";

/** Everything that is said about a benchmark: the data of all kinds of reports. */
export interface Report {
  readonly benchmark: string;
  /** Ids of the tasks that were played, in the benchmark's order. */
  readonly tasks: readonly string[];
  /** What made the results, where they tell. */
  readonly provenance: ReportProvenance | undefined;
  readonly summaries: readonly Summary[];
  /** Of formats and of kinds of feedback, pair by pair. */
  readonly comparisons: readonly Comparison[];
  readonly bestFormats: readonly BestFormat[];
  readonly passRates: readonly PassAtK[];
  /** What the harness allows, for each format and grading that was used. */
  readonly ceilings: readonly Ceiling[];
  readonly unsolvable: readonly UnsolvableTask[];
  readonly published: readonly PublishedRow[];
  readonly publishedBestFormats: readonly BestFormat[];
}

/**
 * Makes the report of a benchmark's results. `tasks`: all of the benchmark, for their order and for the part on how
 * many of them can be solved at all.
 */
export function createReport(
  benchmark: string,
  all: readonly EvaluationResult[],
  tasks: readonly BenchmarkTask[] = [],
): Report {
  const results = inOrder(
    all.filter((result) => result.benchmark === benchmark),
    tasks,
  );
  const summaries = summarise(results);
  const published = publishedRows(benchmark);
  const used = Map.groupBy(summaries, ({ format, grading }) => `${grading} ${format}`);
  return {
    benchmark,
    tasks: playedTasks(results, tasks),
    provenance: reportProvenance(results),
    summaries,
    comparisons: [...compareResults(results, "format"), ...compareResults(results, "feedback")],
    bestFormats: bestFormats(
      [...Map.groupBy(playedInAllFormats(results), summaryKey).values()].map((run) => ({
        set: setOf(run[0]!),
        format: run[0]!.format,
        success: mean(run.map(({ success }) => Number(success))),
        turns: mean(run.map(({ turns }) => turns)),
      })),
    ),
    passRates: passRates(results),
    ...findCeilings(
      tasks,
      [...used.values()].map(([first]) => ({ format: first!.format, grading: first!.grading })),
    ),
    published,
    publishedBestFormats: bestFormats(published.map((row) => ({ ...row, set: row.model }))),
  };
}

/** In the benchmark's order; tasks that it does not name come last, as they came. */
function playedTasks(
  results: readonly EvaluationResult[],
  tasks: readonly BenchmarkTask[],
): readonly string[] {
  const played = new Set(results.map(({ task }) => task));
  const known = new Set(tasks.map(({ id }) => id));
  return [
    ...[...known].filter((id) => played.has(id)),
    ...[...played].filter((id) => !known.has(id)),
  ];
}

type SetName = Pick<Summary, "model" | "grading" | "feedback" | "settings">;

/** Names what differs in nothing but the format. */
function setOf({ model, grading, feedback, settings }: SetName): string {
  return JSON.stringify([model, grading, feedback, settings]);
}

/** The plays that can be compared over formats: of tasks with a result in each format of their set. */
function playedInAllFormats(results: readonly EvaluationResult[]): readonly EvaluationResult[] {
  const counted = results.filter(
    ({ model, verdict }) => !isRetried(verdict) && model !== oracleName,
  );
  return [...Map.groupBy(counted, setOf).values()].flatMap((set) => {
    const formats = new Set(set.map(({ format }) => format)).size;
    const plays = Map.groupBy(set, ({ task, sample }) => JSON.stringify([task, sample]));
    return [...plays.values()].filter((own) => own.length === formats).flat();
  });
}
