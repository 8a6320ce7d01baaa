import type { Duplex } from "node:stream";
import { CodeActError } from "../errors.ts";
import { type CellCollector, createCellCollector } from "./cell-collector.ts";
import { createHostCalls } from "./host-calls.ts";
import { checkFunctions, type FunctionHost, type HostFunction } from "./host-functions.ts";
import { createKernelConnection } from "./kernel-connection.ts";
import { type DoneFrame, type KernelFrame, protocolVersion } from "./kernel-frames.ts";
import { createLateOutput } from "./late-output.ts";
import type { Outcome } from "./outcome.ts";
import type { SessionNetwork } from "./network/session-network.ts";
import type { SessionLimits } from "./runtime.ts";
import { startTimer, type StoppableTimer } from "./stoppable-timer.ts";
import type { SessionFiles } from "./files/session-files.ts";
import type { ExecuteOptions, Variable } from "./session.ts";
import { timerDelay } from "../timer-delay.ts";

/** How long after deadline and grace, or after a request, the kernel may stay silent before it counts as lost. */
const silenceMs = 10_000;
/** As long it may take to open: a machine that is ending thousands of sessions keeps new ones waiting for seconds. */
const openPatienceMs = 60_000;
/** No cell and no request has it. */
const variablesId = 0;

export interface KernelSessionOptions {
  /** The way to the network; without one there is none. */
  readonly network?: SessionNetwork;
  readonly id: string;
  readonly limits: SessionLimits;
  readonly transactions: boolean;
  /** Of random numbers. */
  readonly seed?: number;
  /** Where results of host functions lie that are too long for a frame. */
  readonly files?: SessionFiles;
}

/** The interpreter at the other end of a wire. One thing at a time: whoever uses it keeps the order. */
export interface Kernel {
  execute(code: string, options: ExecuteOptions): Promise<Outcome>;
  variables(): Promise<readonly Variable[]>;
  /** Defines functions of the host in the interpreter, in the place of those before. */
  provide(host: FunctionHost): Promise<void>;
  /** Has the supervisor do something about copies of the interpreter; `failed` rejects with `not_supported`. */
  request(command: KernelRequest): Promise<void>;
  interrupt(): void;
  /** Ends the connection; the other side then ends its processes. */
  close(): void;
  /** Resolves once the connection is over, with the reason when it was a fault. */
  readonly closed: Promise<CodeActError | undefined>;
}

export type KernelRequest =
  | { readonly type: "checkpoint" | "restore" | "drop"; readonly checkpoint: number }
  | { readonly type: "fork"; readonly session: string; readonly checkpoint?: number };

interface ProvideCommand {
  readonly type: "provide";
  readonly functions: readonly HostFunction[];
  readonly modules: Readonly<Record<string, string>>;
}

interface RunningCell {
  readonly id: number;
  readonly collector: CellCollector;
  readonly options: ExecuteOptions;
  readonly done: PromiseWithResolvers<Outcome>;
}

/**
 * Connects to the kernel at the other end of `stream` and resolves when it is ready.
 * Rejects with `sandbox_unavailable` when the kernel refuses, and `backend_lost` when it goes away.
 */
export async function connectKernel(
  stream: Duplex,
  options: KernelSessionOptions,
): Promise<Kernel> {
  const { limits } = options;
  const ready = Promise.withResolvers<void>();
  const waiting = new Set<(fault: CodeActError | undefined) => void>();
  const late = createLateOutput();
  let running: RunningCell | undefined;
  let answer: { id: number; arrived: PromiseWithResolvers<KernelFrame> } | undefined;
  let answering = false;
  let lastId = 0;
  let closing = false;

  const connection = createKernelConnection(stream, accept);
  const { closed } = connection;
  void closed.then((fault) => {
    for (const giveUp of waiting) giveUp(fault);
  });
  const calls = createHostCalls({
    sessionId: options.id,
    sendJson: connection.sendJson,
    maxCalls: limits.calls,
    ...(options.files && { files: options.files }),
  });
  connection.send({
    type: "open",
    version: protocolVersion,
    session: options.id,
    limits,
    transactions: options.transactions,
    ...(options.seed !== undefined && { seed: checkSeed(options.seed) }),
    ...(options.network && { network: options.network.announcement }),
  });
  await awaitKernel(ready, openPatienceMs, closedEarly);

  function accept(frame: KernelFrame): void {
    switch (frame.type) {
      case "ready":
        return ready.resolve();
      case "refused":
        return ready.reject(refused(frame.message));
      case "truncated":
        return running?.collector.markTruncated(frame.omittedBytes);
      case "done":
        return running?.id === frame.id ? finish(running, frame) : undefined;
      case "input":
        if (running?.id === frame.id) void reply(running, frame.prompt, frame.password);
        return undefined;
      case "answer":
        if (running?.id === frame.id) running.collector.answer(frame.json);
        return undefined;
      case "call":
        return calls.accept(frame);
      case "call-cancel":
        return calls.cancel(frame.call);
      case "did":
      case "failed":
        if (answer?.id === frame.id) answer.arrived.resolve(frame);
        return undefined;
      case "variables":
        // The worker answers this one itself, and code of the session may speak in its name at any time.
        if (answer?.id === variablesId) answer.arrived.resolve(frame);
        return undefined;
      default:
        if (running !== undefined && frame.id === running.id) return running.collector.add(frame);
        return frame.type === "stream" ? late.add(frame.name, frame.text) : undefined;
    }
  }

  /** What arrives from now on, perhaps in the same piece, is no part of the cell any more. */
  function finish(cell: RunningCell, frame: DoneFrame): void {
    calls.endCell();
    running = undefined;
    cell.done.resolve(cell.collector.finish(frame, late.take()));
  }

  /** Answers one question at a time; a guest that asks without waiting is not heard. */
  async function reply(cell: RunningCell, prompt: string, password: boolean): Promise<void> {
    if (answering) return;
    answering = true;
    let text: string | undefined;
    try {
      text = await cell.options.onInput?.(prompt, { password });
    } catch {
      text = undefined; // to the code it is as if nobody was there
    } finally {
      answering = false;
    }
    if (running !== cell) return;
    connection.send({ type: "input-reply", id: cell.id, ...(text === undefined ? {} : { text }) });
  }

  /**
   * Waits for what the kernel owes, but not for a kernel that is gone or silent. Without `Promise.race`: what it
   * ties to a promise that lives as long as the session stays there.
   */
  async function awaitKernel<T>(
    owed: PromiseWithResolvers<T>,
    patience: number | StoppableTimer,
    orElse: () => CodeActError = lostKernel,
  ): Promise<T> {
    const silence = typeof patience === "number" ? startSilence(patience) : patience;
    const giveUp = (fault: CodeActError | undefined): void => owed.reject(endOf(fault, orElse));
    waiting.add(giveUp);
    try {
      return await owed.promise;
    } finally {
      waiting.delete(giveUp);
      silence.clear();
    }
  }

  function startSilence(patienceMs: number): StoppableTimer {
    return startTimer(() => connection.destroy(silentKernel()), patienceMs);
  }

  function endOf(fault: CodeActError | undefined, orElse = lostKernel): CodeActError {
    return closing ? closedSession(options.id) : (fault ?? orElse());
  }

  async function execute(code: string, executeOptions: ExecuteOptions): Promise<Outcome> {
    if (stream.destroyed) throw endOf(await closed);
    const { signal, onOutput, onNetwork, context } = executeOptions;
    const id = ++lastId;
    const timeoutMs = timerDelay(executeOptions.timeoutMs ?? limits.timeoutMs);
    const done = Promise.withResolvers<Outcome>();
    running = { id, collector: createCellCollector(onOutput), options: executeOptions, done };
    const interrupt = (): void => connection.send({ type: "interrupt", id });
    const silence = startSilence(timeoutMs + limits.graceMs + silenceMs);
    calls.startCell((isPaused) => {
      connection.send({ type: isPaused ? "pause" : "resume", id });
      if (isPaused) silence.pause();
      else silence.resume();
    });
    const stopListening = onNetwork && options.network?.listen(onNetwork);
    connection.send({
      type: "execute",
      id,
      code,
      timeoutMs,
      ...(executeOptions.silent === true && { silent: true }),
      ...(context && { context }),
    });
    if (signal?.aborted) interrupt();
    signal?.addEventListener("abort", interrupt, { once: true });
    try {
      return await awaitKernel(done, silence);
    } finally {
      calls.endCell();
      signal?.removeEventListener("abort", interrupt);
      stopListening?.();
      running = undefined;
    }
  }

  async function ask(command: object, id: number = ++lastId): Promise<KernelFrame> {
    if (stream.destroyed) throw endOf(await closed);
    const arrived = Promise.withResolvers<KernelFrame>();
    answer = { id, arrived };
    connection.send({ ...command, id });
    try {
      return await awaitKernel(arrived, silenceMs);
    } finally {
      answer = undefined;
    }
  }

  async function request(command: KernelRequest | ProvideCommand): Promise<void> {
    const frame = await ask(command);
    if (frame.type !== "failed") return;
    throw new CodeActError("not_supported", `The interpreter could not do this: ${frame.message}.`);
  }

  return {
    execute,
    async provide(host) {
      checkFunctions(host);
      await request({ type: "provide", functions: host.functions, modules: host.modules ?? {} });
      calls.provide(host);
    },
    request,
    async variables() {
      const frame = await ask({ type: "variables" }, variablesId);
      return frame.type === "variables" ? frame.variables : [];
    },
    interrupt() {
      if (running !== undefined) connection.send({ type: "interrupt", id: running.id });
    },
    close() {
      closing = true;
      connection.destroy();
    },
    closed,
  };
}

function checkSeed(seed: number): number {
  if (Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32) return seed;
  throw new CodeActError("invalid_input", `The seed of a session can't be ${seed}.`, {
    hint: "Give a whole number from 0 to 4294967295.",
  });
}

function refused(message: string): CodeActError {
  return new CodeActError("sandbox_unavailable", `The sandbox could not be set up: ${message}.`, {
    hint: "Run `codeact doctor` to see what this machine lacks.",
  });
}

function closedSession(id: string): CodeActError {
  return new CodeActError("session_closed", `The session ${id} is closed.`, {
    hint: "Open a new session.",
  });
}

function lostKernel(): CodeActError {
  return new CodeActError("backend_lost", "The interpreter's processes ended unexpectedly.", {
    hint: "Open a new session; files in its workspace are kept until it is closed.",
  });
}

function silentKernel(): CodeActError {
  return new CodeActError("backend_lost", "The interpreter does not answer any more.", {
    hint: "Open a new session; a machine that is overloaded or out of memory needs a pause.",
  });
}

function closedEarly(): CodeActError {
  return new CodeActError("backend_lost", "The interpreter ended before it was ready.", {
    hint: "Run `codeact doctor` to see what this machine lacks.",
  });
}
