import { isCodeActError } from "../../src/errors.ts";
import type { Runtime } from "../../src/execution/runtime.ts";
import { type CellResult, resultOf } from "./compare-cell.ts";
import type { RecordedCell, RecordedTrajectory } from "./recorded-trajectory.ts";

/** Runs the cells of a trajectory in one interpreter and returns a result for each. */
export type Replay = (trajectory: RecordedTrajectory) => Promise<readonly CellResult[]>;

/** The time that the recording gave each cell. */
export const recordedTimeoutMs = 30_000;
/** For a cell whose end the recording did not see either: nothing can be compared, so why wait. */
const hopelessTimeoutMs = 3_000;

/** The cells up to the last one with an observation; what comes after has nothing to be compared with. */
export function comparedCells({ cells }: RecordedTrajectory): readonly RecordedCell[] {
  return cells.slice(0, cells.findLastIndex((cell) => cell.observation !== undefined) + 1);
}

/**
 * Creates a replay in sessions of a runtime. A fault of the engine is a result of its own. `prelude` is code
 * that runs first and whose result does not count.
 */
export function createReplay(runtime: Runtime, prelude?: string): Replay {
  return async (trajectory) => {
    const results: CellResult[] = [];
    await using session = await runtime.open();
    if (prelude !== undefined) await session.execute(prelude);
    for (const { code, observation } of comparedCells(trajectory)) {
      const timeoutMs = observation?.timedOut === true ? hopelessTimeoutMs : recordedTimeoutMs;
      try {
        results.push(resultOf(await session.execute(code, { timeoutMs })));
      } catch (error) {
        if (!isCodeActError(error)) throw error;
        results.push({
          status: "crashed",
          text: "",
          errors: [error.code],
          errorMessage: error.message,
        });
      }
    }
    return results;
  };
}

/** Replays many trajectories, some at a time; the results have the order of the trajectories. */
export async function replayAll(
  trajectories: readonly RecordedTrajectory[],
  replay: Replay,
  atOnce: number,
  onProgress: (done: number) => void = () => {},
): Promise<readonly (readonly CellResult[])[]> {
  const results: (readonly CellResult[])[] = [];
  let next = 0;
  let done = 0;
  const worker = async (): Promise<void> => {
    while (next < trajectories.length) {
      const index = next;
      next += 1;
      results[index] = await replay(trajectories[index]!);
      done += 1;
      onProgress(done);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}
