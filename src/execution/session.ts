import type { Outcome, Output } from "./outcome.ts";

/**
 * A live interpreter of one conversation. Whoever opens it closes it; `await using` does.
 * Only `execute` and `close` are required of a runtime; the rest are capabilities.
 */
export interface Session extends AsyncDisposable {
  readonly id: string;
  /**
   * Runs one cell. Cells run one at a time, in the order of the calls.
   * Resolves with an outcome whatever the code does. Rejects with a `CodeActError` only for faults of
   * the engine: `session_closed`, `backend_lost`, `protocol_violation`.
   */
  execute(code: string, options?: ExecuteOptions): Promise<Outcome>;
  /** Ends the session with all its processes. Safe to call twice. */
  close(): Promise<void>;
  /** Interrupts the running cell, like Ctrl-C; without one it does nothing. */
  interrupt?(): Promise<void>;
  readonly files?: SessionFiles;
}

export interface ExecuteOptions {
  /** Wall time after which the cell is interrupted, and then killed. Default: the session's. */
  readonly timeoutMs?: number;
  /** Interrupts the cell when it fires; the outcome is then `interrupted`. */
  readonly signal?: AbortSignal;
  /** Receives each output as it happens, before `execute` resolves. Must not throw. */
  readonly onOutput?: (output: Output) => void;
}

/** The session's workspace. Paths are relative to it; a path that leaves it is refused with `invalid_input`. */
export interface SessionFiles {
  list(): Promise<readonly SessionFile[]>;
  /** Rejects with `file_not_found` when there is no such regular file. */
  read(path: string): Promise<Uint8Array>;
  /** Creates missing folders and replaces an existing file. */
  write(path: string, data: Uint8Array): Promise<void>;
}

export interface SessionFile {
  /** Relative to the workspace, with `/`. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Milliseconds since 1970. */
  readonly modifiedMs: number;
}
