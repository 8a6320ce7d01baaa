import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** Where conversations are kept: `CODEACT_DATA_DIR`, else `codeact` in `XDG_DATA_HOME` or `~/.local/share`. */
export function conversationsFolder(env: NodeJS.ProcessEnv): string {
  const own = env["CODEACT_DATA_DIR"];
  if (own) return resolve(own);
  const home = env["HOME"] || homedir();
  return join(env["XDG_DATA_HOME"] || join(home, ".local", "share"), "codeact");
}
