import type { Duplex } from "node:stream";
import { CodeActError } from "../errors.ts";
import { type CellCollector, createCellCollector } from "./cell-collector.ts";
import { createKernelConnection } from "./kernel-connection.ts";
import { type KernelFrame, protocolVersion } from "./kernel-frames.ts";
import type { Outcome, StreamOutput } from "./outcome.ts";
import type { SessionLimits } from "./runtime.ts";
import type { ExecuteOptions, Session, SessionFiles } from "./session.ts";

/** How long after deadline and grace the kernel may stay silent before it counts as lost. */
const silenceMs = 10_000;
const maxLateCharacters = 64 * 1024;

export interface KernelSessionOptions {
  readonly id: string;
  readonly limits: SessionLimits;
  readonly transactions: boolean;
  readonly files?: SessionFiles;
  /** Called once when the session is over, for whatever reason. */
  readonly onClosed?: () => Promise<void>;
}

interface RunningCell {
  readonly id: number;
  readonly collector: CellCollector;
  readonly resolve: (outcome: Outcome) => void;
}

/**
 * Opens a session with the kernel at the other end of `stream` and resolves when it is ready.
 * Rejects with `sandbox_unavailable` when the kernel refuses, and `backend_lost` when it goes away.
 */
export async function openKernelSession(
  stream: Duplex,
  options: KernelSessionOptions,
): Promise<Session> {
  const { limits } = options;
  const ready = Promise.withResolvers<void>();
  let running: RunningCell | undefined;
  let late: StreamOutput[] = [];
  let lateCharacters = 0;
  let lastCell = 0;
  let queue: Promise<unknown> = Promise.resolve();
  let closing = false;

  const connection = createKernelConnection(stream, accept);
  const over = connection.closed.then(async (fault) => {
    await options.onClosed?.();
    return fault;
  });
  connection.send({
    type: "open",
    version: protocolVersion,
    session: options.id,
    limits,
    transactions: options.transactions,
  });
  await Promise.race([ready.promise, over.then((fault) => Promise.reject(fault ?? closedEarly()))]);

  function accept(frame: KernelFrame): void {
    switch (frame.type) {
      case "ready":
        return ready.resolve();
      case "refused":
        return ready.reject(
          new CodeActError(
            "sandbox_unavailable",
            `The sandbox could not be set up: ${frame.message}.`,
            {
              hint: "Run `codeact doctor` to see what this machine lacks.",
            },
          ),
        );
      case "truncated":
        return running?.collector.markTruncated(frame.omittedBytes);
      case "done":
        return finish(frame);
      default:
        if (running !== undefined && frame.id === running.id) running.collector.add(frame);
        else if (frame.type === "stream") {
          keepLate({ type: "stream", name: frame.name, text: frame.text });
        }
    }
  }

  function finish(frame: Extract<KernelFrame, { type: "done" }>): void {
    if (running === undefined || frame.id !== running.id) return;
    const { collector, resolve } = running;
    running = undefined;
    const outcome = collector.finish(frame, late);
    late = [];
    lateCharacters = 0;
    resolve(outcome);
  }

  function keepLate(output: StreamOutput): void {
    if (lateCharacters > maxLateCharacters) return;
    lateCharacters += output.text.length;
    const last = late.at(-1);
    if (last?.name === output.name) {
      late[late.length - 1] = { ...last, text: last.text + output.text };
    } else late.push(output);
  }

  async function run(code: string, executeOptions: ExecuteOptions): Promise<Outcome> {
    if (closing || stream.destroyed) throw await endOfSession();
    const id = ++lastCell;
    const timeoutMs = executeOptions.timeoutMs ?? limits.timeoutMs;
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    running = { id, collector: createCellCollector(executeOptions.onOutput), resolve };
    const interrupt = (): void => connection.send({ type: "interrupt", id });
    const silence = setTimeout(() => connection.destroy(), timeoutMs + limits.graceMs + silenceMs);
    connection.send({ type: "execute", id, code, timeoutMs });
    if (executeOptions.signal?.aborted) interrupt();
    executeOptions.signal?.addEventListener("abort", interrupt, { once: true });
    try {
      return await Promise.race([
        promise,
        over.then(async () => Promise.reject(await endOfSession())),
      ]);
    } finally {
      clearTimeout(silence);
      executeOptions.signal?.removeEventListener("abort", interrupt);
      running = undefined;
    }
  }

  async function endOfSession(): Promise<CodeActError> {
    if (closing) {
      return new CodeActError("session_closed", `The session ${options.id} is closed.`, {
        hint: "Open a new session.",
      });
    }
    return (await over) ?? lostKernel();
  }

  const close = async (): Promise<void> => {
    closing = true;
    connection.destroy();
    await over;
  };

  return {
    id: options.id,
    execute(code, executeOptions = {}) {
      const outcome = queue.then(() => run(code, executeOptions));
      queue = outcome.catch(() => undefined);
      return outcome;
    },
    async interrupt() {
      if (running !== undefined) connection.send({ type: "interrupt", id: running.id });
    },
    close,
    ...(options.files === undefined ? {} : { files: options.files }),
    [Symbol.asyncDispose]: close,
  };
}

function lostKernel(): CodeActError {
  return new CodeActError("backend_lost", "The interpreter's processes ended unexpectedly.", {
    hint: "Open a new session; files in its workspace are kept until it is closed.",
  });
}

function closedEarly(): CodeActError {
  return new CodeActError("backend_lost", "The interpreter ended before it was ready.", {
    hint: "Run `codeact doctor` to see what this machine lacks.",
  });
}
