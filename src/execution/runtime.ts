import type { NetworkOptions } from "./network/network.ts";
import type { Session } from "./session.ts";

/** A way to run interpreters. Whoever creates it closes it, which closes its sessions. */
export interface Runtime extends AsyncDisposable {
  readonly name: string;
  readonly capabilities: RuntimeCapabilities;
  /** Rejects with `sandbox_unavailable`, `python_not_found` or `backend_lost`. */
  open(options?: OpenOptions): Promise<Session>;
  close(): Promise<void>;
  /** Resolves when no more sessions can be opened, for whatever reason; never rejects. */
  readonly ended?: Promise<void>;
}

export interface RuntimeCapabilities {
  /** What stands between the code and the host. `none` is for trusted code only. */
  readonly isolation: "none" | "namespaces" | "container" | "wasm";
  /** Whether a cell that kills its interpreter falls back to the state before it. */
  readonly transactions: boolean;
}

export interface OpenOptions {
  /** Up to 100 letters, digits, - and _ that no open session has. Default: a random id. */
  readonly id?: string;
  readonly limits?: Partial<SessionLimits>;
  /**
   * Seed of random numbers, a whole number below 2^32: what Python's `random` draws, and numpy's generator where numpy
   * is preloaded, is then the same in every session with this seed, and forks go on alike. Default: none, all differ.
   */
  readonly seed?: number;
  /** Hosts that code may reach. Default: no network at all. `not_supported` where a runtime can't enforce it. */
  readonly network?: NetworkOptions;
  /** Gives up while the session opens: `open` then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface SessionLimits {
  /** Wall time of one cell. */
  readonly timeoutMs: number;
  /** Time between the interrupt and the kill of a cell that passed its deadline. */
  readonly graceMs: number;
  /** Time without any call after which the session is closed; 0 for never. */
  readonly idleMs: number;
  /** Memory of all processes of the session. */
  readonly memoryBytes: number;
  /** Processes and threads of the session. */
  readonly processes: number;
  /** Size of one file. */
  readonly fileBytes: number;
  /** Text that one cell may print before the middle is left out. */
  readonly outputBytes: number;
  /** Disk that the files of the workspace take. */
  readonly diskBytes: number;
  /** Checkpoints that a session keeps; beyond them the oldest is dropped. */
  readonly checkpoints: number;
  /** Calls of host functions that one cell may make. */
  readonly calls: number;
  /** Each of the in-memory folders `/tmp` and `/dev/shm`. */
  readonly scratchBytes: number;
}

export const defaultLimits: SessionLimits = {
  timeoutMs: 60_000,
  graceMs: 2_000,
  idleMs: 0,
  memoryBytes: 4 * 1024 ** 3,
  processes: 256,
  fileBytes: 4 * 1024 ** 3,
  outputBytes: 1024 ** 2,
  diskBytes: 4 * 1024 ** 3,
  checkpoints: 16,
  calls: 100_000,
  scratchBytes: 512 * 1024 ** 2,
};
