import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { json } from "node:stream/consumers";
import { stripVTControlCharacters } from "node:util";

/** What a person does at a terminal: waits for a text, or types. */
export type TerminalStep = readonly ["expect" | "send", string];

export interface TerminalResult {
  /** All that was written, without escape sequences; a line that was redrawn is there each time. */
  readonly text: string;
  readonly code: number;
  /** The text that was waited for in vain. */
  readonly missing: string | null;
}

/** Runs a program in a real pseudo-terminal of 100 columns. */
export async function runInTerminal(
  command: readonly string[],
  steps: readonly TerminalStep[],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): Promise<TerminalResult> {
  const driver = fileURLToPath(new URL("drive_terminal.py", import.meta.url));
  const child = spawn("python3", [driver], {
    ...options,
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.end(JSON.stringify({ command, steps, seconds: 60 }));
  const result = (await json(child.stdout)) as {
    readonly output: string;
    readonly code: number;
    readonly missing: string | null;
  };
  const { output, code, missing } = result;
  return { text: stripVTControlCharacters(output).replaceAll("\r", ""), code, missing };
}
