import { homedir } from "node:os";
import { join } from "node:path";

/** The folder with the data of all benchmarks: `CODEACT_DATA`, else `codeact/data` in the user's cache folder. */
export function dataFolder(env: NodeJS.ProcessEnv): string {
  return (
    env["CODEACT_DATA"] ??
    join(env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "codeact", "data")
  );
}
