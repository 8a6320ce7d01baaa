import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CodeActError } from "../../errors.ts";

/**
 * Has a person change a text in an editor that has the terminal meanwhile; `program` is a command line as `EDITOR`
 * holds it. Resolves to the text as it was saved, without the line end at its end. Rejects with `invalid_input` when the
 * program can't be started or fails.
 */
export async function editInProgram(
  program: string,
  text: string,
  env: NodeJS.ProcessEnv,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "codeact-edit-"));
  // Ctrl-C in a program that leaves the terminal as it is must not end the chat as well.
  const listeners = process.listeners("SIGINT");
  const ignore = (): void => {};
  process.on("SIGINT", ignore);
  for (const listener of listeners) process.off("SIGINT", listener);
  try {
    const path = join(folder, "message.md");
    await writeFile(path, `${text}\n`, { mode: 0o600 });
    const ended = await run(program, path, env);
    if (ended !== 0) {
      throw new CodeActError("invalid_input", `The editor ${program} failed.`, {
        hint: "Nothing was changed. Set VISUAL or EDITOR to another one, or write /edit and the text.",
        details: { ended },
      });
    }
    return (await readFile(path, "utf8")).replace(/\r?\n$/, "");
  } finally {
    for (const listener of listeners) process.on("SIGINT", listener);
    process.off("SIGINT", ignore);
    await rm(folder, { recursive: true, force: true });
  }
}

/** What the program ended with: its exit code or the name of a signal. */
function run(program: string, path: string, env: NodeJS.ProcessEnv): Promise<unknown> {
  const child = spawn("/bin/sh", ["-c", `${program} "$1"`, "sh", path], { env, stdio: "inherit" });
  return new Promise((resolve) => {
    child.on("error", resolve);
    child.on("exit", (code, signal) => resolve(code ?? signal));
  });
}
