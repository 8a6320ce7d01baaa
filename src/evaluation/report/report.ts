import type { EvaluationResult } from "../trajectory.ts";
import { bestFormats, compareResults, type BestFormat, type Comparison } from "./comparison.ts";
import { passRates, type PassAtK } from "./pass-at-k.ts";
import { publishedRows, type PublishedRow } from "./published.ts";
import { summarise, type Summary } from "./summary.ts";

/** Everything that is said about a benchmark: the data of all kinds of reports. */
export interface Report {
  readonly benchmark: string;
  readonly summaries: readonly Summary[];
  /** Of formats and of kinds of feedback, pair by pair. */
  readonly comparisons: readonly Comparison[];
  readonly bestFormats: readonly BestFormat[];
  readonly passRates: readonly PassAtK[];
  readonly published: readonly PublishedRow[];
  readonly publishedBestFormats: readonly BestFormat[];
}

/** Makes the report of a benchmark's results. */
export function createReport(benchmark: string, all: readonly EvaluationResult[]): Report {
  const results = all.filter((result) => result.benchmark === benchmark);
  const summaries = summarise(results);
  const published = publishedRows(benchmark);
  return {
    benchmark,
    summaries,
    comparisons: [...compareResults(results, "format"), ...compareResults(results, "feedback")],
    bestFormats: bestFormats(
      summaries.map(({ model, format, grading, feedback, settings, rate, meanTurns }) => ({
        set: JSON.stringify([model, grading, feedback, settings]),
        format,
        success: rate,
        turns: meanTurns,
      })),
    ),
    passRates: passRates(results),
    published,
    publishedBestFormats: bestFormats(published.map((row) => ({ ...row, set: row.model }))),
  };
}
