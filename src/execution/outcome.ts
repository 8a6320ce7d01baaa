import type { FileChange } from "./files/session-files.ts";

/** What came of executing one cell. Code that fails is an outcome, never an exception. */
export interface Outcome {
  /**
   * - `ok`: the cell ran to its end.
   * - `error`: it raised; `error` says what.
   * - `timeout`: it passed its deadline and was stopped.
   * - `interrupted`: it was stopped on request.
   * - `crashed`: its process died; `crash` says how.
   */
  readonly status: "ok" | "error" | "timeout" | "interrupted" | "crashed";
  /** Everything the cell produced, in the order in which it happened. */
  readonly outputs: readonly Output[];
  /** What threads and child processes of earlier cells wrote since the outcome before this one. */
  readonly late: readonly StreamOutput[];
  /** Set when `status` is `error`, and when an interrupt or a deadline ended the cell with a traceback. */
  readonly error?: CellError;
  readonly crash?: Crash;
  /** Set when the code called `final_answer`; the last call counts. */
  readonly answer?: CellAnswer;
  /**
   * What became of the interpreter's variables when its process had to be ended. `lost`: there was no copy from right
   * before the cell; what is left, if anything, is from earlier cells.
   */
  readonly state: "kept" | "rolled-back" | "lost";
  /** Set when output was left out; `outputs` then holds a marker where it is missing. */
  readonly truncated?: { readonly omittedBytes: number };
  /**
   * Files of the workspace that are not as they were before the cell, without hidden ones; at most 100. Missing when there
   * are none, and in a workspace with more than a thousand files.
   */
  readonly files?: readonly FileChange[];
  /**
   * The number of this cell in its session, from 1: the one that tracebacks show and that `cell_output` takes.
   * After a restore it goes on from the checkpoint's.
   */
  readonly executionCount: number;
  readonly wallMs: number;
  /** User and system time of the interpreter's process for this cell; 0 when the process died. */
  readonly cpuMs: number;
  /** Highest resident memory of the interpreter's process since it started. */
  readonly peakMemoryBytes: number;
}

export type Output = StreamOutput | DisplayOutput | ValueOutput | ErrorOutput;

export interface StreamOutput {
  readonly type: "stream";
  readonly name: "stdout" | "stderr";
  readonly text: string;
}

/** Something shown with `display()` or a figure. */
export interface DisplayOutput {
  readonly type: "display";
  readonly data: MimeBundle;
  /** Set for outputs that `update_display` may replace. */
  readonly displayId?: string;
  /** Replaces the earlier output with the same `displayId`. */
  readonly update?: boolean;
}

/** The value of the cell's last expression. */
export interface ValueOutput {
  readonly type: "value";
  readonly data: MimeBundle;
}

export interface ErrorOutput {
  readonly type: "error";
  readonly error: CellError;
}

/** Representations of one object by MIME type. Pictures are base64; everything else is text. Untrusted. */
export type MimeBundle = Readonly<Record<string, string>>;

export interface CellError {
  /** The exception's class, such as `ValueError`. */
  readonly name: string;
  readonly message: string;
  /** The traceback as the model reads it, hints included. */
  readonly traceback: string;
  /** Outermost first; only frames of the user's code and of libraries, never of the kernel. */
  readonly frames: readonly ErrorFrame[];
  /** Certain help only, such as a misspelt name. */
  readonly hint?: string;
  /** The traceback as Python itself shows it, causes and all; missing where it has no end, as of very deep recursion. */
  readonly pythonTraceback?: string;
}

export interface ErrorFrame {
  /** `cell 3` for code of a cell, otherwise a file's path. */
  readonly file: string;
  readonly line: number;
  readonly function: string;
  readonly source?: string;
}

/** What code passed to `final_answer`, as JSON data. Untrusted. */
export interface CellAnswer {
  readonly value: unknown;
}

export interface Crash {
  readonly reason: "signal" | "exit" | "memory" | "disk" | "deadline" | "unresponsive";
  /** Such as `SIGSEGV`. */
  readonly signal?: string;
  readonly exitCode?: number;
}
