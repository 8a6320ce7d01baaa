/** Runs the kernel's own tests with the environment's Python, and with the system's when that is another. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { findPython, findSystemPython } from "../src/execution/find-python.ts";

const pythons = new Set([(await findPython()).path, (await findSystemPython()).path]);
const failed = [...pythons].filter((python) => {
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
