import { CodeActError } from "../errors.ts";
import {
  messageText,
  type Model,
  type ModelEvent,
  type ModelRequest,
  type ToolCallDelta,
} from "./model.ts";
import type { ReplayReply } from "./replay-file.ts";
import { createStopFilter } from "./stop-strings.ts";

export interface ReplayModelOptions {
  /** Default: `replay`. */
  readonly id?: string;
  readonly replies: readonly ReplayReply[];
  /** Where the replies came from, for messages. */
  readonly source?: string;
  /** Default: false. */
  readonly images?: boolean;
  /** Default: whether any reply has a tool call. */
  readonly toolCalls?: boolean;
  /** Characters of each text delta, and of each piece of a call's arguments. Default: 24. */
  readonly chunkCharacters?: number;
  /** Runs before each delta, such as a pause that lets people watch. */
  readonly beforeChunk?: (signal: AbortSignal | undefined) => Promise<void>;
}

/**
 * Creates a model that gives recorded replies, each at most once and in their order: a request takes the
 * first reply after the last one taken whose condition holds for the last user message. Replies that are
 * passed over are gone for good; so the alternatives of a branch stand one after the other, each with its
 * condition. Without a fitting reply the stream ends with `model_failed`. It serves one conversation, and beside
 * it one for each seed that replies were recorded with.
 */
export function createReplayModel(options: ReplayModelOptions): Model {
  const { id = "replay", replies, source, images = false, chunkCharacters = 24 } = options;
  const { toolCalls = replies.some((reply) => reply.toolCalls !== undefined) } = options;
  const step = Math.max(Math.floor(chunkCharacters), 1);
  const lanes = new Map<number | undefined, Lane>();

  async function* stream(request: ModelRequest): AsyncGenerator<ModelEvent, void> {
    // A function, because the signal fires while the stream waits.
    const aborted = () => request.signal?.aborted === true;
    if (aborted()) return yield { type: "finish", reason: "aborted" };
    const lane = laneOf(request.seed);
    const index = lane.replies.findIndex((reply, at) => at >= lane.next && holds(reply, request));
    const reply = lane.replies[index];
    if (reply === undefined) {
      const error = noReply(lane, source);
      lane.next = lane.replies.length;
      return yield { type: "finish", reason: "error", error };
    }
    lane.next = index + 1;
    const filter = createStopFilter(request.stop ?? []);
    for (let at = 0; at < reply.text.length && !filter.stopped; at += step) {
      await options.beforeChunk?.(request.signal).catch(() => undefined);
      if (aborted()) return yield { type: "finish", reason: "aborted" };
      const text = filter.push(reply.text.slice(at, at + step));
      if (text !== "") yield { type: "text-delta", text };
    }
    const rest = filter.flush();
    if (rest !== "") yield { type: "text-delta", text: rest };
    if (!filter.stopped) {
      for (const delta of toolCallDeltas(reply, index, step)) {
        await options.beforeChunk?.(request.signal).catch(() => undefined);
        if (aborted()) return yield { type: "finish", reason: "aborted" };
        yield delta;
      }
    }
    if (reply.usage !== undefined) yield { type: "usage", usage: reply.usage };
    const reason = filter.stopped ? "stop" : (reply.finish ?? "stop");
    yield { type: "finish", reason };
  }

  /** A seed without replies of its own shares those without a seed; where all have one, it is not looked at. */
  function laneOf(wanted: number | undefined): Lane {
    const seed = [wanted, undefined].find((each) => replies.some((reply) => reply.seed === each));
    const hasLane = replies.some((reply) => reply.seed === seed);
    const own = hasLane ? replies.filter((reply) => reply.seed === seed) : replies;
    const lane = lanes.get(seed) ?? { replies: own, next: 0 };
    lanes.set(seed, lane);
    return lane;
  }

  return { id, capabilities: { images, toolCalls }, stream };
}

/** Replies of one conversation, and how many of them are used up. */
interface Lane {
  readonly replies: readonly ReplayReply[];
  next: number;
}

/** The calls of reply number `place` in pieces; a call without an id gets one that is its own in the recording. */
function* toolCallDeltas(
  reply: ReplayReply,
  place: number,
  step: number,
): Generator<ToolCallDelta> {
  for (const [index, call] of (reply.toolCalls ?? []).entries()) {
    const text =
      typeof call.arguments === "string" ? call.arguments : JSON.stringify(call.arguments);
    const id = call.id ?? `call${String(place * 100 + index).padStart(5, "0")}`;
    const first = { type: "tool-call-delta", index, id, name: call.name } as const;
    yield { ...first, arguments: text.slice(0, step) };
    for (let at = step; at < text.length; at += step) {
      yield { type: "tool-call-delta", index, arguments: text.slice(at, at + step) };
    }
  }
}

function holds(reply: ReplayReply, request: ModelRequest): boolean {
  const condition = reply.when?.observation;
  if (condition === undefined) return true;
  const last = request.messages.findLast((message) => message.role === "user");
  const observation = last === undefined ? "" : messageText(last);
  const { includes, excludes, matches } = condition;
  return (
    (includes === undefined || observation.includes(includes)) &&
    (excludes === undefined || !observation.includes(excludes)) &&
    (matches === undefined || new RegExp(matches).test(observation))
  );
}

function noReply({ replies, next }: Lane, source: string | undefined): CodeActError {
  const where = source === undefined ? "The recording" : `The recording ${source}`;
  const count = replies.length;
  return next >= count
    ? new CodeActError("model_failed", `${where} has no reply left after its ${count}.`, {
        hint: "Record a longer conversation, or allow fewer turns.",
      })
    : new CodeActError("model_failed", `${where} has no reply that fits the last observation.`, {
        hint: "Add a reply without a condition as the last alternative of the branch.",
      });
}
