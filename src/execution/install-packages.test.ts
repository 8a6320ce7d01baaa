import { expect, it } from "vitest";
import { createLineReader } from "./install-packages.ts";
import type { EnvironmentProgress } from "./install-packages.ts";

function readLines(lines: readonly string[]): readonly string[] {
  const seen: EnvironmentProgress[] = [];
  const read = createLineReader(["numpy", "scikit-learn"], (progress) => seen.push(progress));
  for (const line of lines) read(line);
  return seen.map((p) => `${p.completed}/${p.total} ${p.phase} ${p.message}`);
}

it("reads pip's lines; dependencies don't count as packages of the list", () => {
  const lines = [
    "Looking in links: /wheels",
    "Collecting numpy==2.4.6",
    "  Downloading numpy-2.4.6-cp311-cp311-manylinux_2_28_x86_64.whl (16.9 MB)",
    "Collecting Scikit_Learn==1.9.1",
    "  Using cached scikit_learn-1.9.1-cp311.whl (9 MB)",
    "Collecting joblib>=1.2.0",
    "Installing collected packages: joblib, numpy, scikit-learn",
    "Successfully installed joblib-1.5 numpy-2.4.6 scikit-learn-1.9.1",
  ];
  expect(readLines(lines)).toEqual([
    "1/2 downloading numpy 2.4.6",
    "1/2 downloading numpy 2.4.6 (16.9 MB)",
    "2/2 downloading Scikit_Learn 1.9.1",
    "2/2 downloading Scikit_Learn 1.9.1 (9 MB)",
    "2/2 downloading joblib",
    "2/2 installing 3 packages",
  ]);
});

it("reads uv's lines", () => {
  const lines = [
    "Resolved 3 packages in 12ms",
    "Prepared 3 packages in 800ms",
    " + joblib==1.5",
    " + numpy==2.4.6",
  ];
  expect(readLines(lines)).toEqual([
    "0/2 downloading 3 packages",
    "0/2 installing joblib 1.5",
    "1/2 installing numpy 2.4.6",
  ]);
});
