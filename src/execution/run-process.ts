import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

export interface ProcessResult {
  /** `null` when a signal ended the process or it could not be started. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Set when the program could not be started, such as `ENOENT`. */
  readonly spawnError?: string;
}

export interface ProcessOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  /** Receives each line of both outputs as it comes. */
  readonly onLine?: (line: string) => void;
}

/** Runs a program to its end and collects its output. Never throws. */
export function runProcess(
  command: string,
  args: readonly string[],
  options: ProcessOptions = {},
): Promise<ProcessResult> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: ["ignore", "pipe", "pipe"],
      ...(options.env && { env: options.env }),
      ...(options.signal && { signal: options.signal }),
    });
    // Not spawn's own `timeout`: its timer outlives a program that could not be started.
    const timer =
      options.timeoutMs === undefined
        ? undefined
        : setTimeout(() => child.kill(), options.timeoutMs);
    const output = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      createInterface({ input: child[name] }).on("line", (line) => {
        output[name] += `${line}\n`;
        options.onLine?.(line);
      });
    }
    let spawnError: string | undefined;
    child.on("error", (error: NodeJS.ErrnoException) => {
      spawnError = error.code ?? error.message;
      // A program that never started closes nothing.
      if (child.pid !== undefined) return;
      clearTimeout(timer);
      resolve({ exitCode: null, ...output, spawnError });
    });
    child.on("close", (exitCode) => {
      clearTimeout(timer);
      resolve({ exitCode, ...output, ...(spawnError !== undefined && { spawnError }) });
    });
  });
}
