import { existsSync, globSync } from "node:fs";
import { join } from "node:path";
import { CodeActError } from "../../src/errors.ts";
import { readTrajectories, type RecordedTrajectory } from "./recorded-trajectory.ts";

/**
 * Reads all recorded trajectories below a folder, in the order of their files' paths: MINT's `outputs`, the
 * folder that holds it, or any part of it. Throws `file_not_found` where there are none.
 */
export function findRecordings(folder: string): readonly RecordedTrajectory[] {
  const root = existsSync(join(folder, "outputs")) ? join(folder, "outputs") : folder;
  const files = existsSync(root) ? globSync("**/results.jsonl", { cwd: root }).toSorted() : [];
  if (files.length === 0) {
    throw new CodeActError("file_not_found", `There are no recorded trajectories in ${folder}.`, {
      hint: "Name the folder of MINT's outputs with --data; it holds files called results.jsonl.",
    });
  }
  return files
    .flatMap((file) => readTrajectories(join(root, file), file))
    .filter(({ cells }) => cells.some((cell) => cell.observation !== undefined));
}
