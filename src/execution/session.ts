import type { FunctionHost } from "./host-functions.ts";
import type { SessionFiles } from "./files/session-files.ts";
import type { NetworkRequest } from "./network/network.ts";
import type { Outcome, Output } from "./outcome.ts";

/**
 * A live interpreter of one conversation. Whoever opens it closes it; `await using` does.
 * Only `execute` and `close` are required of a runtime; the rest are capabilities.
 */
export interface Session extends AsyncDisposable {
  readonly id: string;
  /**
   * Runs one cell. Cells run one at a time, in the order of the calls. Beside Python's own, code finds the builtins
   * `budget`, `cell_output(number)`, which returns all that a cell put out, and `final_answer(value)`.
   * Resolves with an outcome whatever the code does. Rejects with a `CodeActError` only for faults of
   * the engine: `session_closed`, `backend_lost`, `protocol_violation`.
   */
  execute(code: string, options?: ExecuteOptions): Promise<Outcome>;
  /** Ends the session with all its processes. Safe to call twice. */
  close(): Promise<void>;
  /** Resolves when the session is over, for whatever reason; never rejects. */
  readonly ended?: Promise<void>;
  /** Interrupts the running cell, like Ctrl-C; without one it does nothing. */
  interrupt?(): Promise<void>;
  /** The user's variables as they are now. */
  variables?(): Promise<readonly Variable[]>;
  /**
   * Keeps a copy of the live interpreter and of the workspace's files. It counts towards the session's memory and
   * disk; beyond `limits.checkpoints` the oldest is dropped.
   */
  checkpoint?(): Promise<Checkpoint>;
  /**
   * Goes back to a checkpoint, with variables and files; the checkpoint stays. Processes and threads that run are
   * ended. Rejects with `checkpoint_not_found`.
   */
  restore?(checkpoint: Checkpoint): Promise<void>;
  /**
   * Opens a session that starts with this one's variables and files, now or at a checkpoint, and shares nothing with
   * it from then on. It outlives this session. Rejects with `checkpoint_not_found` or `not_supported`.
   */
  fork?(options?: ForkOptions): Promise<Session>;
  /**
   * Defines functions of this process in the interpreter, in the place of those that were provided before; they
   * outlive crashes and roll backs, and forks have them too. Rejects with `invalid_input` for names that Python
   * does not take.
   */
  provide?(host: FunctionHost): Promise<void>;
  readonly files?: SessionFiles;
}

/** A moment of a session that it can go back to. */
export interface Checkpoint {
  readonly sessionId: string;
  /** Counts from 1 in its session. */
  readonly number: number;
}

export interface ForkOptions {
  /** Default: a random id. */
  readonly id?: string;
  /** Default: the session as it is now. */
  readonly from?: Checkpoint;
}

/** A variable of the user's, described for people and models. */
export interface Variable {
  readonly name: string;
  /** Such as `DataFrame`. */
  readonly type: string;
  /** A short representation. */
  readonly preview: string;
  readonly shape?: readonly number[];
  readonly length?: number;
  readonly sizeBytes?: number;
}

export interface ExecuteOptions {
  /** Wall time after which the cell is interrupted, and then killed. Default: the session's. */
  readonly timeoutMs?: number;
  /** Interrupts the cell when it fires; the outcome is then `interrupted`. */
  readonly signal?: AbortSignal;
  /**
   * Runs plain Python without a trace: the cell has no number, its magics are not translated, and `In`, `Out` and `_`
   * stay as they are. Default: false.
   */
  readonly silent?: boolean;
  /** What the code may know of the run that it belongs to. */
  readonly context?: CellContext;
  /** Receives each output as it happens, before `execute` resolves. Must not throw. */
  readonly onOutput?: (output: Output) => void;
  /** Receives each request to the network while the cell runs, refused ones too. Must not throw. */
  readonly onNetwork?: (request: NetworkRequest) => void;
  /**
   * Answers `input()`; the cell's deadline goes on. Without it, and for `undefined`, `input()` raises EOFError and
   * says why.
   */
  readonly onInput?: (
    prompt: string,
    options: { readonly password: boolean },
  ) => Promise<string | undefined> | string | undefined;
}

/** What a cell is told of its run. */
export interface CellContext {
  /** What is left of the run's limits, by kind: the builtin `budget`. */
  readonly budget?: Readonly<Partial<Record<BudgetKind, BudgetState>>>;
}

export type BudgetKind = "turns" | "executions" | "tokens" | "costUsd" | "seconds";

export interface BudgetState {
  readonly left: number;
  readonly limit: number;
}
