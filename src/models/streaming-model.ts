import { setTimeout as delay } from "node:timers/promises";
import { CodeActError } from "../errors.ts";
import type {
  FinishReason,
  Model,
  ModelCapabilities,
  ModelEvent,
  ModelRequest,
  ToolCallDelta,
  Usage,
} from "./model.ts";
import { estimateUsage } from "./estimate-usage.ts";
import type { ModelPrice } from "./model-price.ts";
import { backoffMs, longestRetryAfterMs } from "./retry-delay.ts";
import { createStopFilter } from "./stop-strings.ts";
import { timerDelay } from "../timer-delay.ts";

/** A piece of a reply, as an adapter reads it off its service. */
export interface ReplyPiece {
  readonly text?: string;
  readonly toolCalls?: readonly ToolCallDelta[];
  /** Of the whole reply so far; the last one counts. */
  readonly usage?: Usage;
  /** Without one by the end of the pieces, the reply counts as cut. */
  readonly finishReason?: FinishReason;
}

/** What an adapter knows of its service; the model around it does the rest. */
export interface ModelService {
  /** Sends one request. What it throws is the failure of the request. */
  open(request: ModelRequest, signal: AbortSignal): AsyncIterable<ReplyPiece>;
  toError(cause: unknown): CodeActError;
  /** Tells whether the same request may succeed a little later. */
  isTransient(cause: unknown): boolean;
  /** The wait that the service asks for. Default: doubling waits. */
  retryAfterMs?(cause: unknown, nowMs: number): number | undefined;
  /** Changes later requests so that they can succeed, and tells whether it did. */
  adapt?(cause: unknown): boolean;
}

export interface StreamingOptions {
  /** Retries after 429, 5xx and failed connections, while nothing has been streamed. Default: 4. */
  readonly maxRetries?: number;
  /** From the request to the first event of the reply. Default: 240,000. */
  readonly firstByteTimeoutMs?: number;
  /** Between two events of the reply. Default: 120,000. */
  readonly idleTimeoutMs?: number;
  /** Waits between retries; rejects when the signal fires. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
  /** The time in milliseconds since 1970. */
  readonly now?: () => number;
  /** From 0 to 1; spreads the retries of many clients. */
  readonly random?: () => number;
}

export interface StreamingDescription {
  readonly id: string;
  readonly capabilities: ModelCapabilities;
  readonly provider?: string;
  readonly price?: ModelPrice;
  /** Where the model runs, after its name in a sentence, such as `at http://127.0.0.1:8000/v1`. */
  readonly place: string;
}

type Attempt =
  | { readonly kind: "finish"; readonly reason: FinishReason }
  | {
      readonly kind: "failure";
      readonly cause: unknown;
      readonly error: CodeActError;
      /** Whether some of the reply is out already, so that it cannot be asked for again. */
      readonly streamed: boolean;
    };

export const defaultFirstByteTimeoutMs = 240_000;

/**
 * Makes a model of a service: retries, time-outs, cancellation, and stop strings that hold whatever the service
 * does with them. A service that ignores its signal is left behind.
 */
export function createStreamingModel(
  { id, capabilities, provider, price, place }: StreamingDescription,
  service: ModelService,
  options: StreamingOptions = {},
): Model {
  const {
    maxRetries = 4,
    firstByteTimeoutMs = defaultFirstByteTimeoutMs,
    idleTimeoutMs = 120_000,
    sleep = async (ms, signal) => delay(ms, undefined, { signal }),
    now = Date.now,
    random = Math.random,
  } = options;
  const name = `${id} ${place}`;

  /** One request. Yields what came; returns how it ended. */
  async function* attempt(
    request: ModelRequest,
    controller: AbortController,
  ): AsyncGenerator<ModelEvent, Attempt> {
    const filter = createStopFilter(request.stop ?? []);
    const { signal } = controller;
    const stopped = new Promise<undefined>((resolve) => {
      signal.addEventListener("abort", () => resolve(undefined), { once: true });
    });
    let timeout: "first" | "idle" | undefined;
    let timer: NodeJS.Timeout | undefined;
    const arm = (kind: "first" | "idle") => {
      clearTimeout(timer);
      timer = setTimeout(
        () => {
          timeout = kind;
          controller.abort();
        },
        timerDelay(kind === "first" ? firstByteTimeoutMs : idleTimeoutMs),
      );
    };
    let usage: Usage | undefined;
    let written = 0;
    let finishReason: FinishReason | undefined;
    let failure: unknown;
    let streamed = false;
    let iterator: AsyncIterator<ReplyPiece> | undefined;
    try {
      arm("first");
      iterator = service.open(request, signal)[Symbol.asyncIterator]();
      while (!filter.stopped) {
        const step = await Promise.race([iterator.next(), stopped]);
        if (step === undefined || step.done === true) break;
        const piece = step.value;
        usage = piece.usage ?? usage;
        finishReason = piece.finishReason ?? finishReason;
        written += charactersOf(piece);
        const events = eventsOf(piece, filter);
        if (events.length > 0) {
          // The consumer's own time does not count.
          clearTimeout(timer);
          streamed = true;
          yield* events;
        }
        arm("idle");
      }
    } catch (error) {
      failure = error;
    } finally {
      clearTimeout(timer);
      // Not waited for: a service that ignores its signal may never come back.
      iterator?.return?.().catch(() => undefined);
    }
    const aborted = request.signal?.aborted === true;
    const rest = filter.flush();
    streamed ||= rest !== "";
    if (rest !== "") yield { type: "text-delta", text: rest };
    // Services tell what they have counted at the end of a reply.
    const wasLeft = filter.stopped || (aborted && written > 0);
    if (wasLeft) usage ??= estimateUsage(request.messages, written);
    if (usage !== undefined) yield { type: "usage", usage };
    if (filter.stopped) return { kind: "finish", reason: "stop" };
    if (finishReason !== undefined) return { kind: "finish", reason: finishReason };
    if (aborted) return { kind: "finish", reason: "aborted" };
    if (timeout !== undefined) {
      return { kind: "failure", cause: undefined, error: timeoutError(timeout), streamed };
    }
    const error = failure === undefined ? cutError() : service.toError(failure);
    return { kind: "failure", cause: failure, error, streamed };
  }

  function timeoutError(kind: "first" | "idle"): CodeActError {
    const seconds = (kind === "first" ? firstByteTimeoutMs : idleTimeoutMs) / 1000;
    const message =
      kind === "first"
        ? `${name} did not start its reply within ${seconds} s.`
        : `${name} sent nothing more for ${seconds} s in the middle of its reply.`;
    const hint = "Try again, or raise the time-out if the server is slow.";
    return new CodeActError("model_timeout", message, { hint });
  }

  function cutError(): CodeActError {
    const message = `The reply of ${name} ended before it was complete.`;
    return new CodeActError("model_failed", message, {
      hint: "Try again, or look at the server's log.",
    });
  }

  async function* stream(request: ModelRequest): AsyncGenerator<ModelEvent, void> {
    let retries = 0;
    for (;;) {
      if (request.signal?.aborted === true) return yield { type: "finish", reason: "aborted" };
      const controller = new AbortController();
      const abort = () => controller.abort();
      request.signal?.addEventListener("abort", abort, { once: true });
      try {
        const end = yield* attempt(request, controller);
        if (end.kind === "finish") return yield { type: "finish", reason: end.reason };
        const { cause, streamed } = end;
        if (!streamed && cause !== undefined && service.adapt?.(cause) === true) continue;
        const waitMs =
          cause !== undefined && service.isTransient(cause)
            ? (service.retryAfterMs?.(cause, now()) ?? backoffMs(retries, random))
            : Number.POSITIVE_INFINITY;
        if (streamed || retries >= maxRetries || waitMs > longestRetryAfterMs) {
          return yield { type: "finish", reason: "error", error: end.error };
        }
        retries += 1;
        await sleep(waitMs, controller.signal).catch(() => undefined);
      } finally {
        request.signal?.removeEventListener("abort", abort);
        controller.abort();
      }
    }
  }

  return { id, capabilities, ...(provider && { provider }), ...(price && { price }), stream };
}

function charactersOf({ text = "", toolCalls = [] }: ReplyPiece): number {
  return toolCalls.reduce((sum, call) => sum + call.arguments.length, text.length);
}

/** Text that may be the start of a stop string comes before a call that follows it. */
function eventsOf(
  piece: ReplyPiece,
  filter: ReturnType<typeof createStopFilter>,
): readonly ModelEvent[] {
  let text = filter.push(piece.text ?? "");
  const calls = filter.stopped ? [] : (piece.toolCalls ?? []);
  if (calls.length > 0) text += filter.flush();
  return [...(text === "" ? [] : [{ type: "text-delta", text } as const]), ...calls];
}
