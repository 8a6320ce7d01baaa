import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder with the data of benchmarks: `CODEACT_DATA`, else `shared/data` beside the project. */
export const benchmarkData =
  process.env["CODEACT_DATA"] ?? fileURLToPath(new URL("../../shared/data", import.meta.url));

/** Tells whether the data of a benchmark are there; tests that need them are skipped by name otherwise. */
export function hasData(path: string): boolean {
  return existsSync(join(benchmarkData, path));
}
