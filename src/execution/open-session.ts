import type { Duplex } from "node:stream";
import { CodeActError } from "../errors.ts";
import { isCalledFrom } from "./host-calls.ts";
import type { FunctionHost } from "./host-functions.ts";
import { connectKernel, type Kernel, type KernelSessionOptions } from "./kernel-session.ts";
import type { Outcome } from "./outcome.ts";
import type { Checkpoint, ExecuteOptions, ForkOptions, Session } from "./session.ts";
import type { Workspace } from "./workspace.ts";

export interface OpenSessionOptions extends KernelSessionOptions {
  readonly workspace: Workspace;
  /** Makes the folder of a fork's workspace, has `fill` copy the files into it, and opens the fork once `split` is done. */
  readonly openFork: (
    forkId: string | undefined,
    fill: (folder: string) => Promise<void>,
    split: (forkId: string) => Promise<void>,
  ) => Promise<Session>;
  /** Gives up while the session opens; the signal's reason is thrown then. */
  readonly signal?: AbortSignal;
  /** Called once when the session is over, for whatever reason. */
  readonly onClosed: () => Promise<void>;
}

/** Opens a session with the kernel at the other end of `stream`; its files lie in `workspace`. Rejects as `connectKernel` does. */
export async function openSession(stream: Duplex, options: OpenSessionOptions): Promise<Session> {
  const { id, workspace, limits, signal } = options;
  let kernel: Kernel;
  const giveUp = (): void => void stream.destroy();
  signal?.addEventListener("abort", giveUp, { once: true });
  try {
    signal?.throwIfAborted();
    kernel = await connectKernel(stream, { ...options, files: workspace.files });
  } catch (error) {
    stream.destroy();
    await options.onClosed();
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener("abort", giveUp);
  }
  workspace.takeChanges(); // a fork begins with files
  const over = kernel.closed.then(options.onClosed);
  over.catch(() => undefined); // whoever closes the session is told; nobody else waits for it
  const kept = new Set<number>();
  let lastCheckpoint = 0;
  let host: FunctionHost | undefined;
  let queue: Promise<unknown> = Promise.resolve();
  let idle: NodeJS.Timeout | undefined;
  watchIdleness();

  /** Runs `action` after all that was asked for before. */
  function inOrder<T>(action: () => Promise<T>): Promise<T> {
    if (isCalledFrom(id)) return Promise.reject(calledFromItself(id));
    clearTimeout(idle);
    const result = queue.then(action);
    const settled = result.then(
      () => undefined,
      () => undefined,
    );
    queue = settled;
    void settled.then(() => {
      if (queue === settled) watchIdleness();
    });
    return result;
  }

  function watchIdleness(): void {
    if (limits.idleMs > 0) idle = setTimeout(() => kernel.close(), limits.idleMs).unref();
  }

  async function execute(code: string, executeOptions: ExecuteOptions): Promise<Outcome> {
    const outcome = await kernel.execute(code, executeOptions);
    const files = workspace.takeChanges();
    return files.length === 0 ? outcome : { ...outcome, files };
  }

  /** Forgets a checkpoint. Never rejects: what is left of it goes with the session. */
  async function drop(number: number): Promise<void> {
    await kernel.request({ type: "drop", checkpoint: number }).catch(() => undefined);
    await workspace.forget(number).catch(() => undefined);
  }

  async function checkpoint(): Promise<Checkpoint> {
    const number = ++lastCheckpoint;
    // No cell runs: the interpreter and the files can be copied side by side.
    await Promise.all([
      kernel.request({ type: "checkpoint", checkpoint: number }),
      workspace.save(number),
    ]);
    kept.add(number);
    const [oldest] = kept;
    // In its turn: nobody waits for it.
    if (kept.size > limits.checkpoints && oldest !== undefined) {
      kept.delete(oldest);
      void inOrder(() => drop(oldest));
    }
    return { sessionId: id, number };
  }

  function check(wanted: Checkpoint): number {
    if (wanted.sessionId === id && kept.has(wanted.number)) return wanted.number;
    throw new CodeActError(
      "checkpoint_not_found",
      `The session ${id} does not hold checkpoint ${wanted.number} of ${wanted.sessionId}.`,
      { hint: `A session keeps its newest ${limits.checkpoints} checkpoints; see the limit.` },
    );
  }

  async function restore(wanted: Checkpoint): Promise<void> {
    const number = check(wanted);
    await kernel.request({ type: "restore", checkpoint: number });
    await workspace.load(number);
  }

  async function fork(forkOptions: ForkOptions): Promise<Session> {
    const number = forkOptions.from === undefined ? undefined : check(forkOptions.from);
    const forked = await options.openFork(
      forkOptions.id,
      (folder) => workspace.copyInto(folder, number),
      (session) =>
        kernel.request({
          type: "fork",
          session,
          ...(number === undefined ? {} : { checkpoint: number }),
        }),
    );
    if (host !== undefined) await forked.provide?.(host);
    return forked;
  }

  async function provide(provided: FunctionHost): Promise<void> {
    await kernel.provide(provided);
    host = provided;
  }

  const close = async (): Promise<void> => {
    clearTimeout(idle);
    kernel.close();
    await over;
  };

  return {
    id,
    ended: kernel.closed.then(() => undefined),
    files: workspace.files,
    execute: (code, executeOptions = {}) => inOrder(() => execute(code, executeOptions)),
    variables: () => inOrder(() => kernel.variables()),
    checkpoint: () => inOrder(checkpoint),
    restore: (wanted) => inOrder(() => restore(wanted)),
    fork: (forkOptions = {}) => inOrder(() => fork(forkOptions)),
    provide: (provided) => inOrder(() => provide(provided)),
    async interrupt() {
      kernel.interrupt();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function calledFromItself(id: string): CodeActError {
  return new CodeActError(
    "session_busy",
    `The session ${id} waits for the function that wants to use it.`,
    { hint: "Use another session, or return first." },
  );
}
