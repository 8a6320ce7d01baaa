import { CodeActError, isCodeActError } from "../errors.ts";
import type {
  ActionFormat,
  EnvironmentDescription,
  ParsedReply,
  ReplySegment,
} from "../formats/format.ts";
import { estimateUsage } from "../models/estimate-usage.ts";
import type { FinishReason, Message, Model, ModelRequest, Usage } from "../models/model.ts";
import type { AgentEvent } from "./events.ts";

/** Everything one reply came to. */
export interface Reply {
  readonly parsed: ParsedReply;
  /** All text of the model, marks included. */
  readonly text: string;
  /** What of it is no code. */
  readonly prose: string;
  /** `complete`: the action was whole before the model had ended. */
  readonly finish: FinishReason | "complete";
  readonly error?: CodeActError;
  readonly usage: Usage;
}

/** How the model samples its replies; what is left out is the model's own default. */
export type Sampling = Pick<ModelRequest, "temperature" | "maxOutputTokens" | "seed">;

export interface StreamReplyOptions {
  readonly model: Model;
  readonly format: ActionFormat;
  readonly environment?: EnvironmentDescription;
  readonly messages: readonly Message[];
  readonly turn: number;
  readonly sampling?: Sampling;
  readonly signal?: AbortSignal;
}

/**
 * Streams one reply as events and returns what it came to. Never throws for what the model does.
 * Once the action is complete the stream is left at the next text; until then it may still report usage.
 */
export async function* streamReply(
  options: StreamReplyOptions,
): AsyncGenerator<AgentEvent, Reply, undefined> {
  const { model, format, messages, turn, signal } = options;
  const parser = format.createParser(options.environment);
  const shown = { text: "", code: "" };
  let text = "";
  let finish: Reply["finish"] | undefined;
  let error: CodeActError | undefined;
  let usage: Usage | undefined;
  let written = 0;

  function toEvent(segment: ReplySegment): AgentEvent {
    shown[segment.type] += segment.text;
    return { type: `${segment.type}-delta`, turn, text: segment.text };
  }

  try {
    const stream = model.stream({
      messages: [...messages],
      ...options.sampling,
      ...(format.stop && { stop: format.stop }),
      ...(format.tools && { tools: format.tools }),
      ...(signal && { signal }),
    });
    for await (const event of stream) {
      if (event.type === "usage") usage = event.usage;
      else if (event.type === "finish") {
        finish = event.reason;
        error = event.error;
      } else if (parser.complete) {
        const more = event.type === "text-delta" ? event.text : event.arguments;
        if (more.trim() === "") continue;
        finish = "complete";
        usage ??= estimateUsage(messages, written + more.length);
        break;
      } else if (event.type === "tool-call-delta") {
        written += event.arguments.length;
        yield* (parser.pushToolCall?.(event) ?? []).map(toEvent);
      } else {
        text += event.text;
        written += event.text.length;
        yield* parser.push(event.text).map(toEvent);
      }
    }
    finish ??= parser.complete ? "complete" : "error";
  } catch (cause) {
    finish = "error";
    error = isCodeActError(cause) ? cause : undefined;
  }
  // Models that throw or report a failure when they are stopped are common.
  if (finish === "error" && signal?.aborted === true) finish = "aborted";
  if (finish === "error" && error === undefined) {
    error = new CodeActError(
      "model_failed",
      `The model ${model.id} ended its reply with a fault.`,
      {
        hint: "Try again, or choose another model.",
      },
    );
  }

  // The action that was complete before a fault or a limit stands.
  if (parser.complete && finish !== "aborted") finish = "complete";
  const parsed = parser.finish();
  yield* heldBack(parsed, shown).map(toEvent);
  const prose = shown.text;
  usage ??= { inputTokens: 0, outputTokens: 0 };
  return { parsed, text, prose, finish, usage, ...(finish === "error" && error && { error }) };
}

/** What the parser kept until the end because it might have become a mark. */
function heldBack(
  parsed: ParsedReply,
  shown: { readonly text: string; readonly code: string },
): readonly ReplySegment[] {
  const type = parsed.kind === "action" ? "code" : "text";
  const whole = parsed.kind === "action" ? parsed.code : parsed.text;
  if (parsed.kind === "malformed" || !whole.startsWith(shown[type])) return [];
  const rest = whole.slice(shown[type].length);
  return rest.trim() === "" ? [] : [{ type, text: rest }];
}
