import { AsyncLocalStorage } from "node:async_hooks";
import type { CallFrame } from "./kernel-frames.ts";
import type { CallContext, FunctionHost } from "./host-functions.ts";
import { type EncodedResult, encodeResult, findFault } from "./plain-data.ts";
import type { SessionFiles } from "./files/session-files.ts";

/** The kernel keeps to this by itself; whoever passes it is refused. */
const maxInFlight = 128;
/** Results longer than this travel as a file of the workspace. */
const maxInlineCharacters = 1024 ** 2;
const maxResultCharacters = 256 * 1024 ** 2;
const maxErrorCharacters = 4000;

/** The sessions whose code waits for the function that runs here. */
const callers = new AsyncLocalStorage<readonly string[]>();

/** Tells whether a function that code of this session has called is running here, so that the session can't run more. */
export function isCalledFrom(sessionId: string): boolean {
  return callers.getStore()?.includes(sessionId) === true;
}

export interface HostCallsOptions {
  readonly sessionId: string;
  /** Sends a frame that is JSON already. */
  readonly sendJson: (frame: string) => void;
  /** Calls that one cell may make. */
  readonly maxCalls: number;
  /** Where results lie that are too long for a frame. */
  readonly files?: SessionFiles;
}

/** Runs the calls that the code of one session makes. */
export interface HostCalls {
  /** Makes these functions the ones that can be called. */
  provide(host: FunctionHost): void;
  accept(frame: CallFrame): void;
  /** Notes that the code does not wait for this call any more. */
  cancel(call: number): void;
  /** From now on there is a cell that can call. `onPause` hears when its clock must stop and go on. */
  startCell(onPause: (isPaused: boolean) => void): void;
  /** Ends all calls that are under way: their signals fire and their results are not wanted. */
  endCell(): void;
}

interface CallingCell {
  readonly onPause: (isPaused: boolean) => void;
  /** The sessions that wait for this very cell. */
  readonly callers: readonly string[];
  made: number;
  suspensions: number;
}

/** Makes the calls of a session. They are refused while no cell runs. */
export function createHostCalls(options: HostCallsOptions): HostCalls {
  const { sessionId, sendJson, maxCalls, files } = options;
  const underWay = new Map<number, AbortController>();
  let cell: CallingCell | undefined;
  let host: FunctionHost | undefined;
  let ids = new Set<string>();
  let lastId = 0;

  function fail(call: number, message: string): void {
    const error = message.slice(0, maxErrorCharacters);
    sendJson(JSON.stringify({ type: "call-reply", call, error }));
  }

  /** Says why the call can't be made. */
  function reasonToRefuse(frame: CallFrame): string | undefined {
    if (cell === undefined) return "tools can be called only while a cell runs";
    if (underWay.has(frame.call)) return "a call with this number is under way";
    if (underWay.size >= maxInFlight) return `there are ${maxInFlight} calls under way`;
    cell.made += 1;
    if (cell.made > maxCalls) return `one cell may make at most ${maxCalls} calls`;
    if (!ids.has(frame.name)) return "there is no such tool";
    return findFault(frame.arguments);
  }

  /** Counts who has the cell's clock stopped. */
  function suspend(calling: CallingCell): () => void {
    calling.suspensions += 1;
    if (calling.suspensions === 1 && cell === calling) calling.onPause(true);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      calling.suspensions -= 1;
      if (calling.suspensions === 0 && cell === calling) calling.onPause(false);
    };
  }

  async function run(frame: CallFrame, calling: CallingCell, callee: FunctionHost): Promise<void> {
    const { call, name, arguments: input } = frame;
    const controller = new AbortController();
    underWay.set(call, controller);
    const resumes: (() => void)[] = [];
    const context: CallContext = {
      callId: `call-${++lastId}`,
      signal: controller.signal,
      suspendDeadline() {
        const resume = suspend(calling);
        resumes.push(resume);
        return resume;
      },
    };
    const path = [...calling.callers, sessionId];
    let reply: string;
    try {
      const result = await callers.run(path, async () => callee.call(name, input, context));
      reply = await replyWith(call, context, encodeResult(result));
    } catch (error) {
      const message = describe(error).slice(0, maxErrorCharacters);
      reply = JSON.stringify({ type: "call-reply", call, error: message });
    } finally {
      for (const resume of resumes) resume();
    }
    if (underWay.get(call) !== controller) return;
    underWay.delete(call);
    sendJson(reply);
  }

  async function replyWith(
    call: number,
    { callId, signal }: CallContext,
    { json, tagged }: EncodedResult,
  ): Promise<string> {
    const head = `{"type":"call-reply","call":${call}${tagged ? ',"tagged":true' : ""}`;
    if (json.length <= maxInlineCharacters) return `${head},"value":${json}}`;
    if (files === undefined || json.length > maxResultCharacters) {
      throw new Error(`its result is too large: ${json.length} characters of JSON`);
    }
    const file = `.codeact/${callId}.json`;
    if (!signal.aborted) await files.write(file, Buffer.from(json));
    return `${head},"file":${JSON.stringify(file)}}`;
  }

  return {
    provide(provided) {
      host = provided;
      ids = new Set(provided.functions.map(({ id }) => id));
    },
    accept(frame) {
      const reason = reasonToRefuse(frame);
      if (reason !== undefined) return fail(frame.call, reason);
      if (cell !== undefined && host !== undefined) void run(frame, cell, host);
    },
    cancel(call) {
      const controller = underWay.get(call);
      underWay.delete(call);
      controller?.abort();
    },
    startCell(onPause) {
      cell = { onPause, callers: callers.getStore() ?? [], made: 0, suspensions: 0 };
    },
    endCell() {
      cell = undefined;
      const left = [...underWay];
      underWay.clear();
      for (const [call, controller] of left) {
        fail(call, "its cell ended before the call did");
        controller.abort();
      }
    },
  };
}

function describe(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text === "" ? "it failed without a message" : text;
}
