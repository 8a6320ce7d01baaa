/** Runs the kernel's own tests with the environment's Python and every other that this machine has, from 3.9 on. */
import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { findPython, findSystemPython } from "../src/execution/find-python.ts";
import { inspectPython } from "../src/execution/inspect-python.ts";

const minors = [9, 10, 11, 12, 13, 14];
const pyenv = process.env["PYENV_ROOT"];
const installed = pyenv === undefined ? [] : globSync(`${pyenv}/versions/3.*/bin/python3`);

const pythons = new Map<string, string>();
for (const { path, version } of [await findPython(), await findSystemPython()]) {
  pythons.set(path, version);
}
for (const command of [...minors.map((minor) => `python3.${minor}`), ...installed]) {
  const found = await inspectPython(command);
  if (typeof found !== "string") pythons.set(found.path, found.version);
}
console.log(`Pythons: ${[...pythons.values()].join(", ")}`);
const failed = [...pythons.keys()].filter((python) => {
  console.log(`the kernel's tests with ${python}`);
  const { status } = spawnSync(
    python,
    ["-B", "-m", "unittest", "discover", "-s", "tests", "-t", "."],
    {
      cwd: fileURLToPath(new URL("../python", import.meta.url)),
      stdio: "inherit",
    },
  );
  return status !== 0;
});
process.exitCode = failed.length === 0 ? 0 : 1;
