import type { Runtime } from "../../src/execution/runtime.ts";
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
  /** The runtime in which the trajectories were replayed. */
  readonly runtime: Runtime;
  readonly preload: readonly string[];
  readonly atOnce: number;
  readonly evidence: Evidence;
}

/** The results of one replay of several trajectories, cell by cell. */
type Runs = readonly (readonly CellResult[])[];

/** Zygotes with an order of hashes of their own; two elements come in the same order in all with 1 in 16. */
const otherZygotes = 4;
/** For what is unexplained after these; 1 in 4,096 are left. */
const moreZygotes = 12;

/** Sets the clock of Python's own modules back to the month of the recording. */
const recordingClock = `
def _set_clock():
    import datetime, time
    seconds = datetime.datetime(2023, 9, 15, 12).timestamp()
    class Then(datetime.datetime):
        @classmethod
        def now(cls, tz=None):
            return cls.fromtimestamp(seconds, tz)
        @classmethod
        def today(cls):
            return cls.now()
        utcnow = today
    class ThatDay(datetime.date):
        @classmethod
        def today(cls):
            return cls.fromtimestamp(seconds)
    datetime.datetime, datetime.date = Then, ThatDay
    time.time = lambda: seconds
_set_clock()
del _set_clock
`;

/** Finds the cause of each difference; for that it replays the trajectories that have one. */
export async function explainDifferences(
  judged: readonly JudgedTrajectory[],
  options: ExplainOptions,
): Promise<readonly ExplainedCell[]> {
  const differing = judged.filter(({ cells }) => cells.some(isDifferent));
  const explained = await explainIn(otherZygotes, differing, options);
  const open = new Set(
    explained.flatMap(({ trajectory, cause }) => (cause === "unexplained" ? [trajectory] : [])),
  );
  const again = differing.filter(({ trajectory }) => open.has(trajectory));
  return [
    ...explained.filter(({ trajectory }) => !open.has(trajectory)),
    ...(await explainIn(moreZygotes, again, options)),
  ];
}

/** Explains differences with what this many other zygotes make of the same cells. */
async function explainIn(
  zygotes: number,
  differing: readonly JudgedTrajectory[],
  { runtime, preload, atOnce, evidence }: ExplainOptions,
): Promise<readonly ExplainedCell[]> {
  if (differing.length === 0) return [];
  const trajectories = differing.map(({ trajectory }) => trajectory);
  const replayTimes = async (times: number, replay: Replay): Promise<Runs[]> => {
    const runs: Runs[] = [];
    for (let i = 0; i < times; i += 1) runs.push(await replayAll(trajectories, replay, atOnce));
    return runs;
  };
  const again = await replayTimes(3, createReplay(runtime));
  const then = await replayTimes(2, createReplay(runtime, recordingClock));
  const elsewhere: Runs[] = [];
  for (let i = 0; i < zygotes; i += 1) {
    await using other = await createSandboxRuntime({ preload });
    elsewhere.push(...(await replayTimes(1, createReplay(other))));
  }
  const libraries = new Set(evidence.libraries.cells);
  const reference = new Set(evidence.reference.cells);
  return differing.flatMap(({ trajectory, cells }, place) =>
    cells.flatMap((cell, index) => {
      const { observation } = cell.cell;
      if (!isDifferent(cell) || observation === undefined) return [];
      const resultsOf = (runs: readonly Runs[]): readonly CellResult[] =>
        runs.map((run) => run[place]?.[index]).filter((result) => result !== undefined);
      const cause = causeOf({
        cell: { ...cell.cell, observation },
        result: cell.result,
        again: resultsOf(again),
        elsewhere: resultsOf(elsewhere),
        atRecordingTime: resultsOf(then),
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
