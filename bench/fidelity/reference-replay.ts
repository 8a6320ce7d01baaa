import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { CellResult } from "./compare-cell.ts";
import { comparedCells, type Replay } from "./replay-trajectory.ts";

const script = fileURLToPath(new URL("reference_ipython.py", import.meta.url));

/**
 * Creates a replay in IPython on a given Python, in a process per trajectory, without any isolation.
 * `onVersions` is told what the environment is.
 */
export function createReferenceReplay(
  python: string,
  onVersions: (versions: Readonly<Record<string, string>>) => void,
): Replay {
  return (trajectory) =>
    new Promise((resolve) => {
      const cells = comparedCells(trajectory).map((cell) => cell.code);
      const child = execFile(
        python,
        ["-W", "ignore", script],
        { maxBuffer: 64 * 1024 * 1024 },
        (error, stdout) => {
          const line = stdout.trim().split("\n").at(-1) ?? "";
          if (error !== null || !line.startsWith("{")) {
            resolve([]); // an interpreter that died shows nothing
            return;
          }
          const { versions, results } = JSON.parse(line) as {
            versions: Record<string, string>;
            results: Omit<CellResult, "status">[];
          };
          onVersions(versions);
          resolve(
            results.map((result) => ({
              ...result,
              status: result.errors.length === 0 ? "ok" : "error",
            })),
          );
        },
      );
      child.stdin?.end(JSON.stringify(cells));
    });
}
