import type { EvaluationResult } from "../trajectory.ts";
import tables from "./published-tables.json" with { type: "json" };

/** A number that the paper reports: one model in one format. */
export interface PublishedRow {
  readonly model: string;
  readonly format: string;
  /** In percent. */
  readonly success: number;
  readonly turns?: number;
}

/** What the CodeAct paper and its release report for a benchmark (Wang et al., 2024); empty for others. */
export function publishedRows(benchmark: string): readonly PublishedRow[] {
  switch (benchmark) {
    case "m3tooleval":
      return tables.m3tooleval;
    case "api-bank":
      return tables["api-bank"];
    case "mint":
      return tables.mint.flatMap(({ model, sr }) => {
        const last = sr.at(-1);
        return typeof last === "number" ? [{ model, format: "code", success: last }] : [];
      });
    default:
      return [];
  }
}

/** The model's name without who serves or made it, such as `Llama-2-7b-chat-hf` of `meta-llama/Llama-2-7b-chat-hf`. */
function plainName(model: string): string {
  return model.slice(model.lastIndexOf("/") + 1).toLowerCase();
}

/**
 * Finds the rows to hold a run against: of the same model, whoever serves it, and for a run by the benchmark's own
 * rules only.
 */
export function publishedOf(
  rows: readonly PublishedRow[],
  { model, grading, settings }: Pick<EvaluationResult, "model" | "grading" | "settings">,
): readonly PublishedRow[] {
  if (grading !== "faithful" || settings !== "") return [];
  return rows.filter((row) => plainName(row.model) === plainName(model));
}
