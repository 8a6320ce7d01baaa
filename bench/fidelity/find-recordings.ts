import { findRecordedRuns } from "../../src/evaluation/mint/recorded-run.ts";
import { readCells, type RecordedTrajectory } from "./recorded-trajectory.ts";

/** Reads all recorded trajectories below a folder that have a cell with an observation, as `findRecordedRuns` does. */
export function findRecordings(folder: string): readonly RecordedTrajectory[] {
  return findRecordedRuns(folder)
    .map(({ id, task, history }) => ({ id, task, cells: readCells(history, task) }))
    .filter(({ cells }) => cells.some((cell) => cell.observation !== undefined));
}
