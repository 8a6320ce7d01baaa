import type { BenchmarkTask } from "../benchmark.ts";
import type { EvaluationResult } from "../trajectory.ts";
import { summaryKey } from "./summary.ts";

/**
 * Puts results into an order that does not depend on which task was done first: runs in the order in which they first
 * come, in each the tasks in the benchmark's own order, then the tries. Tasks that are not named come last.
 */
export function inOrder<Result extends EvaluationResult>(
  results: readonly Result[],
  tasks: readonly Pick<BenchmarkTask, "id">[],
): readonly Result[] {
  const places = new Map(tasks.map(({ id }, index) => [id, index]));
  const placeOf = ({ task }: Result): number => places.get(task) ?? places.size;
  return [...Map.groupBy(results, summaryKey).values()].flatMap((run) =>
    run.toSorted((a, b) => placeOf(a) - placeOf(b) || a.sample - b.sample),
  );
}
