import { agrees, type CellResult } from "./compare-cell.ts";
import type { RecordedCell, RecordedTrajectory } from "./recorded-trajectory.ts";
import { comparedCells } from "./replay-trajectory.ts";

/** What became of a cell when it was compared. */
export type Verdict =
  | "same"
  | "different"
  | "unrecorded"
  | "recording timed out"
  | "timed out here";

/** A cell of a trajectory with its result and verdict. */
export interface JudgedCell {
  readonly cell: RecordedCell;
  readonly result: CellResult;
  readonly verdict: Verdict;
}

/** Compares the results of a trajectory with its recording, cell by cell. */
export function judgeCells(
  trajectory: RecordedTrajectory,
  results: readonly CellResult[],
): readonly JudgedCell[] {
  return comparedCells(trajectory).flatMap((cell, index) => {
    const result = results[index];
    return result === undefined ? [] : [{ cell, result, verdict: verdictOf(cell, result) }];
  });
}

function verdictOf({ observation }: RecordedCell, result: CellResult): Verdict {
  if (observation === undefined) return "unrecorded";
  if (observation.timedOut) return "recording timed out";
  if (result.status === "timeout") return "timed out here";
  return agrees(result, observation) ? "same" : "different";
}
