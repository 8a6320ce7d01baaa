import { z } from "zod";
import type { FinishReason, ToolCallDelta, Usage } from "./model.ts";
import { createToolCallReader, toolCallFields } from "./openai-tool-calls.ts";

/** What one chunk of a streamed chat completion adds. */
export interface ReadChunk {
  readonly text: string;
  readonly toolCalls: readonly ToolCallDelta[];
  readonly usage?: Usage;
}

/** Reads the chunks of one reply, whatever a server makes of them. */
export interface ChunkReader {
  read(chunk: unknown): ReadChunk;
  /** Set once a chunk told why the reply ended. */
  readonly finishReason: FinishReason | undefined;
}

const contentPart = z.object({ type: z.literal("text"), text: z.string() });

/** Servers leave fields out, set them to null, and add their own: only what is used must fit. */
const chunkSchema = z.object({
  choices: z
    .array(
      z.object({
        delta: z
          .object({
            content: z
              .union([z.string(), z.array(z.unknown())])
              .nullish()
              .catch(null),
            refusal: z.string().nullish().catch(null),
            ...toolCallFields,
          })
          .nullish()
          .catch(null),
        finish_reason: z.string().nullish().catch(null),
      }),
    )
    .nullish()
    .catch(null),
  usage: z
    .object({
      prompt_tokens: z.number(),
      completion_tokens: z.number().default(0),
      prompt_tokens_details: z
        .object({ cached_tokens: z.number().nullish().catch(null) })
        .nullish()
        .catch(null),
    })
    .nullish()
    .catch(null),
});

/** Creates a reader. Reasoning is passed over; a refusal is text. `newId` names calls that have no id. */
export function createChunkReader(newId: () => string): ChunkReader {
  const readToolCalls = createToolCallReader(newId);
  let finishReason: FinishReason | undefined;
  return {
    get finishReason() {
      return finishReason;
    },
    read(chunk) {
      const parsed = chunkSchema.safeParse(chunk);
      if (!parsed.success) return { text: "", toolCalls: [] };
      const choice = parsed.data.choices?.[0];
      const reason = choice?.finish_reason;
      if (typeof reason === "string" && reason !== "") {
        finishReason = finishReasonOf(reason);
      }
      const { usage } = parsed.data;
      return {
        text: contentText(choice?.delta?.content) + (choice?.delta?.refusal ?? ""),
        toolCalls: readToolCalls(choice?.delta ?? {}),
        ...(usage && { usage: usageOf(usage) }),
      };
    },
  };
}

function usageOf(usage: NonNullable<z.infer<typeof chunkSchema>["usage"]>): Usage {
  const cached = usage.prompt_tokens_details?.cached_tokens ?? 0;
  return {
    inputTokens: usage.prompt_tokens,
    outputTokens: usage.completion_tokens,
    ...(cached > 0 && { cachedInputTokens: cached }),
  };
}

function contentText(content: string | readonly unknown[] | null | undefined): string {
  if (typeof content === "string") return content;
  return (content ?? []).map((part) => contentPart.safeParse(part).data?.text ?? "").join("");
}

function finishReasonOf(reason: string): FinishReason {
  switch (reason) {
    case "length":
    case "max_tokens":
      return "length";
    case "content_filter":
      return "content-filter";
    default:
      return "stop";
  }
}
