import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The pinned list of packages that the made Python environment holds. */
export interface PackageList {
  /** Absolute path of the requirements file. */
  readonly path: string;
  readonly text: string;
  /** Names only, in the order of the file. */
  readonly names: readonly string[];
}

/** Reads the list that ships with this package, or another requirements file of `name==version` lines. */
export function readPackageList(
  path: string = fileURLToPath(new URL("../../python/requirements.txt", import.meta.url)),
): PackageList {
  const text = readFileSync(path, "utf8");
  const names = text
    .split("\n")
    .map((line) => line.replace(/#.*/, "").trim())
    .filter((line) => line !== "")
    .map((line) => line.split("==")[0] ?? line);
  return { path, text, names };
}
