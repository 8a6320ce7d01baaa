import type { EvaluationResult } from "../src/evaluation/trajectory.ts";

/** A result for tests: a task that was solved in two turns. */
export function resultOf(changes: Partial<EvaluationResult> = {}): EvaluationResult {
  const result = {
    benchmark: "m3tooleval",
    task: "t",
    model: "m",
    format: "code",
    grading: "faithful",
    feedback: "enriched",
    settings: "",
    sample: 0,
    verdict: "correct",
    success: true,
    score: 1,
    turns: 2,
    malformed: 0,
    cells: 1,
    failedCells: 0,
    usage: { inputTokens: 100, outputTokens: 10 },
    wallMs: 5,
    ...changes,
  } as const;
  return { key: JSON.stringify(Object.values(result)), ...result };
}
