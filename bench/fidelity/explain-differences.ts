import { createSandboxRuntime } from "../../src/execution/runtimes/sandbox-runtime.ts";
import type { CellResult } from "./compare-cell.ts";
import { type Cause, causeOf } from "./difference.ts";
import { cellKey, type Evidence } from "./evidence.ts";
import { type JudgedCell, judgeCells } from "./judge-cells.ts";
import type { RecordedTrajectory } from "./recorded-trajectory.ts";
import { createReplay, replayAll, type Replay } from "./replay-trajectory.ts";

/** A trajectory that was replayed and compared. */
export interface JudgedTrajectory {
  readonly trajectory: RecordedTrajectory;
  readonly cells: readonly JudgedCell[];
}

/** A cell that differs, and why. */
export interface ExplainedCell {
  readonly trajectory: RecordedTrajectory;
  readonly index: number;
  readonly judged: JudgedCell;
  readonly cause: Cause;
}

export interface ExplainOptions {
  /** Replays in the runtime in which the trajectories were replayed. */
  readonly replay: Replay;
  readonly preload: readonly string[];
  readonly atOnce: number;
  readonly evidence: Evidence;
}

/** Zygotes with an order of hashes of their own; two elements come in the same order in all with 1 in 16. */
const otherZygotes = 4;

/** Finds the cause of each difference; for that it replays the trajectories that have one. */
export async function explainDifferences(
  judged: readonly JudgedTrajectory[],
  { replay, preload, atOnce, evidence }: ExplainOptions,
): Promise<readonly ExplainedCell[]> {
  const differing = judged.filter(({ cells }) => cells.some(isDifferent));
  const trajectories = differing.map(({ trajectory }) => trajectory);
  const again = await replayAll(trajectories, replay, atOnce);
  const elsewhere: (readonly (readonly CellResult[])[])[] = [];
  for (let i = 0; i < otherZygotes && trajectories.length > 0; i += 1) {
    await using runtime = await createSandboxRuntime({ preload });
    elsewhere.push(await replayAll(trajectories, createReplay(runtime), atOnce));
  }
  const libraries = new Set(evidence.libraries.cells);
  const reference = new Set(evidence.reference.cells);
  return differing.flatMap(({ trajectory, cells }, place) =>
    cells.flatMap((cell, index) => {
      const { observation } = cell.cell;
      if (!isDifferent(cell) || observation === undefined) return [];
      const cause = causeOf({
        cell: { ...cell.cell, observation },
        result: cell.result,
        again: [again[place]?.[index]].filter((result) => result !== undefined),
        elsewhere: elsewhere.map((runs) => runs[place]?.[index]).filter((r) => r !== undefined),
        agreesWithLibraries: libraries.has(cellKey(trajectory, index)),
        agreesWithReference: reference.has(cellKey(trajectory, index)),
        suspects: cells
          .slice(0, index)
          .filter((earlier) => earlier.verdict !== "same" && earlier.verdict !== "unrecorded")
          .map((earlier) => earlier.cell),
      });
      return [{ trajectory, index, judged: cell, cause }];
    }),
  );
}

/** Replays the trajectories that have differences elsewhere and returns the keys of the cells that agree there. */
export async function gatherEvidence(
  judged: readonly JudgedTrajectory[],
  replay: Replay,
  atOnce: number,
): Promise<readonly string[]> {
  const differing = judged.filter(({ cells }) => cells.some(isDifferent));
  const trajectories = differing.map(({ trajectory }) => trajectory);
  const results = await replayAll(trajectories, replay, atOnce);
  return differing.flatMap(({ trajectory, cells }, place) => {
    const there = judgeCells(trajectory, results[place] ?? []);
    return cells.flatMap((cell, index) =>
      isDifferent(cell) && there[index]?.verdict === "same" ? [cellKey(trajectory, index)] : [],
    );
  });
}

function isDifferent({ verdict }: JudgedCell): boolean {
  return verdict === "different";
}
