import type { Readable, Writable } from "node:stream";

/** What a command may touch of the world around it. */
export interface CliContext {
  readonly env: NodeJS.ProcessEnv;
  /** Absolute path; relative paths of arguments start here. */
  readonly cwd: string;
  readonly stdin: Readable;
  readonly stdout: TerminalStream;
  readonly stderr: TerminalStream;
  readonly fetch: typeof fetch;
  /** Sets the exit code of a command that ended without a fault. Default: 0. */
  readonly setExitCode: (code: number) => void;
}

/** An output stream; `isTTY` and `columns` are set when it is a terminal. */
export interface TerminalStream extends Writable {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** The context of the running process, but for the exit code. */
export function processContext(): Omit<CliContext, "setExitCode"> {
  return {
    env: process.env,
    cwd: process.cwd(),
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    fetch: globalThis.fetch,
  };
}
