import type { JSONObject } from "@ai-sdk/provider";
import { z } from "zod";
import type { FinishReason, ToolCallDelta, Usage } from "./model.ts";
import type { ReplyPiece } from "./streaming-model.ts";

/** Reads the parts of one streamed reply of an AI SDK language model, of the versions 2 to 4. */
export interface PartReader {
  /** Undefined for what does not come from the service. Throws the failure that an `error` part carries. */
  read(part: unknown): ReplyPiece | undefined;
}

/** What a provider wants back with a call, such as a signature of the thoughts before it. */
export type CallMetadata = Readonly<Record<string, JSONObject>>;

const count = z.number().nonnegative();

/** Version 2 counts in numbers, later ones in objects. */
const tokens = z
  .union([
    count.transform((total) => ({ total, cacheRead: undefined, cacheWrite: undefined })),
    z.object({
      total: count.optional(),
      cacheRead: count.optional(),
      cacheWrite: count.optional(),
    }),
  ])
  .optional()
  .catch(undefined);

const reason = z.union([
  z.string().transform((unified) => ({ unified, raw: unified === "other" ? unified : undefined })),
  z.object({ unified: z.string(), raw: z.string().optional().catch(undefined) }),
]);

const partSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("stream-start") }),
  z.object({ type: z.literal("text-delta"), delta: z.string() }),
  z.object({
    type: z.literal("tool-input-start"),
    id: z.string(),
    toolName: z.string(),
    providerExecuted: z.boolean().optional(),
  }),
  z.object({ type: z.literal("tool-input-delta"), id: z.string(), delta: z.string() }),
  z.object({
    type: z.literal("tool-call"),
    toolCallId: z.string(),
    toolName: z.string(),
    input: z.string(),
    providerExecuted: z.boolean().optional(),
    providerMetadata: z
      .custom<CallMetadata>((value) => typeof value === "object" && value !== null)
      .optional()
      .catch(undefined),
  }),
  z.object({
    type: z.literal("finish"),
    usage: z
      .object({
        inputTokens: tokens,
        outputTokens: tokens,
        cachedInputTokens: count.optional().catch(undefined),
      })
      .optional()
      .catch(undefined),
    finishReason: reason,
  }),
  z.object({ type: z.literal("error"), error: z.unknown() }),
]);

type FinishPart = Extract<z.infer<typeof partSchema>, { type: "finish" }>;

/** Creates a reader. Reasoning, sources, and tools that the provider runs itself are passed over. */
export function createPartReader(
  onCallMetadata: (id: string, metadata: CallMetadata) => void = () => {},
): PartReader {
  const calls = new Map<string, { readonly index: number; written: string }>();

  function begin(id: string, name: string): ToolCallDelta {
    const index = calls.size;
    calls.set(id, { index, written: "" });
    return { type: "tool-call-delta", index, id, name, arguments: "" };
  }

  function add(id: string, text: string): ToolCallDelta[] {
    const call = calls.get(id);
    if (call === undefined || text === "") return [];
    call.written += text;
    return [{ type: "tool-call-delta", index: call.index, arguments: text }];
  }

  return {
    read(part) {
      const parsed = partSchema.safeParse(part);
      if (!parsed.success) return {};
      const { data } = parsed;
      switch (data.type) {
        case "stream-start":
          return undefined;
        case "text-delta":
          return { text: data.delta };
        case "tool-input-start":
          if (data.providerExecuted === true || calls.has(data.id)) return {};
          return { toolCalls: [begin(data.id, data.toolName)] };
        case "tool-input-delta":
          return { toolCalls: add(data.id, data.delta) };
        case "tool-call": {
          if (data.providerExecuted === true) return {};
          if (data.providerMetadata) onCallMetadata(data.toolCallId, data.providerMetadata);
          const begun = calls.get(data.toolCallId);
          if (begun === undefined) {
            const first = begin(data.toolCallId, data.toolName);
            add(data.toolCallId, data.input);
            return { toolCalls: [{ ...first, arguments: data.input }] };
          }
          // The whole call repeats what has streamed.
          const isLonger = data.input.startsWith(begun.written);
          const rest = isLonger ? data.input.slice(begun.written.length) : "";
          return { toolCalls: add(data.toolCallId, rest) };
        }
        case "finish":
          return finishPiece(data);
        case "error":
          throw data.error;
      }
    },
  };
}

function finishPiece({ usage, finishReason }: FinishPart): ReplyPiece {
  const reason = finishReasonOf(finishReason);
  const counted = usage === undefined ? undefined : usageOf(usage);
  return {
    ...(counted && { usage: counted }),
    ...(reason !== undefined && { finishReason: reason }),
  };
}

function usageOf(usage: NonNullable<FinishPart["usage"]>): Usage | undefined {
  const { inputTokens: input, outputTokens: output } = usage;
  if (input?.total === undefined && output?.total === undefined) return undefined;
  const cached = input?.cacheRead ?? usage.cachedInputTokens ?? 0;
  const written = input?.cacheWrite ?? 0;
  return {
    inputTokens: input?.total ?? 0,
    outputTokens: output?.total ?? 0,
    ...(cached > 0 && { cachedInputTokens: cached }),
    ...(written > 0 && { cacheWriteTokens: written }),
  };
}

/** Providers report `other` without a reason of the service when the stream broke off: then there is none. */
function finishReasonOf({ unified, raw }: FinishPart["finishReason"]): FinishReason | undefined {
  switch (unified) {
    case "length":
    case "content-filter":
      return unified;
    case "error":
    case "interrupted":
    case "unknown":
      return undefined;
    case "other":
      return raw === undefined ? undefined : "stop";
    default:
      return "stop";
  }
}
