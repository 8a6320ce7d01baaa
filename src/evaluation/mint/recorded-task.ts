import { pythonFloat } from "./mint-grade.ts";
import { mintTaskNames, type MintTask } from "./mint-tasks.ts";
import type { RecordedRun } from "./recorded-run.ts";

/** The task of a recorded run, or undefined for one that needs a game. */
export function recordedTask({
  task,
  taskId,
  prompt,
  reference,
}: RecordedRun): MintTask | undefined {
  const name = mintTaskNames.find((known) => known === task);
  if (name === undefined) return undefined;
  return { name, id: taskId, prompt, reference, answerType: answerTypeOf(reference) };
}

/** The recordings lack TheoremQA's type of answer; the reference tells it. */
function answerTypeOf(reference: unknown): string {
  if (typeof reference === "boolean") return "bool";
  if (typeof reference === "number") return Number.isInteger(reference) ? "integer" : "float";
  if (Array.isArray(reference)) return "list of float";
  if (typeof reference === "string" && pythonFloat(reference) !== undefined) return "float";
  return "option";
}
