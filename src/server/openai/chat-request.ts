import { z } from "zod";
import { appendAssistant, appendUser, textPart, type Task } from "../../agent/history.ts";
import type { Sampling } from "../../agent/stream-reply.ts";
import { CodeActError } from "../../errors.ts";
import type { ContentPart, ImagePart, Message } from "../../models/model.ts";

const textSchema = z.looseObject({ type: z.enum(["text", "input_text"]), text: z.string() });
const imageSchema = z.looseObject({
  type: z.literal("image_url"),
  image_url: z.looseObject({ url: z.string() }),
});
const contentSchema = z.union([
  z.string(),
  z.array(z.discriminatedUnion("type", [textSchema, imageSchema])),
]);
const messageSchema = z.discriminatedUnion("role", [
  z.looseObject({ role: z.enum(["system", "developer"]), content: contentSchema }),
  z.looseObject({ role: z.literal("user"), content: contentSchema }),
  z.looseObject({ role: z.literal("assistant"), content: contentSchema.nullish() }),
]);
const count = z.int().positive();

/** What is read of a request for `POST /v1/chat/completions`; everything else in it is left alone. */
const requestSchema = z.looseObject({
  model: z.string(),
  messages: z.array(messageSchema).min(1),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  seed: z.int().nullish(),
  max_tokens: count.nullish(),
  max_completion_tokens: count.nullish(),
  n: z.literal(1).nullish(),
  user: z.string().nullish(),
  tools: z
    .array(z.unknown())
    .max(0, "the tools of a client can't be called; give them to the server")
    .nullish(),
  response_format: z
    .looseObject({ type: z.literal("text", "only text can be asked for") })
    .nullish(),
});

type ChatContent = z.infer<typeof contentSchema>;

/** A request, in the words of the agent. */
export interface ChatRequest {
  readonly model: string;
  /** The conversation up to the last answer. */
  readonly history: readonly Message[];
  /** What was said since, as it was sent. */
  readonly asked: readonly ContentPart[];
  /** The same, for the agent. */
  readonly task: Task;
  /** What the system messages say. */
  readonly instructions: string | undefined;
  readonly sampling: Sampling;
  readonly isStream: boolean;
  readonly includeUsage: boolean;
  readonly user: string | undefined;
}

/** Reads the body of a request. Throws `invalid_input` with the place of what is wrong. */
export function readChatRequest(body: unknown): ChatRequest {
  const read = requestSchema.safeParse(body);
  if (!read.success) {
    const [issue] = read.error.issues;
    const place = issue?.path.join(".") ?? "";
    throw new CodeActError(
      "invalid_input",
      `The request can't be used: ${place === "" ? "" : `${place}: `}${issue?.message ?? ""}.`,
    );
  }
  const { data } = read;
  const system = data.messages.filter(({ role }) => role === "system" || role === "developer");
  const instructions = system.map(({ content }) => textOf(content)).join("\n\n");
  const end = data.messages.findLastIndex(({ role }) => role === "assistant") + 1;
  const last = data.messages.slice(end).filter(({ role }) => role === "user");
  if (last.length === 0) {
    throw new CodeActError("invalid_input", "The last message has to be one of the user.");
  }
  const asked = last.flatMap(({ content }) => partsOf(content));
  const maxOutputTokens = data.max_completion_tokens ?? data.max_tokens;
  return {
    model: data.model,
    history: historyOf(data.messages.slice(0, end)),
    asked,
    task: { text: joinTexts(asked), images: asked.filter((part) => part.type === "image") },
    instructions: instructions.trim() === "" ? undefined : instructions,
    sampling: {
      ...(typeof data.temperature === "number" && { temperature: data.temperature }),
      ...(typeof data.seed === "number" && { seed: data.seed }),
      ...(typeof maxOutputTokens === "number" && { maxOutputTokens }),
    },
    isStream: data.stream === true,
    includeUsage: data.stream_options?.include_usage === true,
    user: data.user ?? undefined,
  };
}

/** Messages of one role that follow each other become one. */
function historyOf(messages: readonly z.infer<typeof messageSchema>[]): readonly Message[] {
  const history: Message[] = [];
  for (const { role, content } of messages) {
    if (role === "user") appendUser(history, partsOf(content));
    else if (role === "assistant") appendAssistant(history, textOf(content ?? ""));
  }
  return history;
}

function textOf(content: ChatContent | null | undefined): string {
  return joinTexts(partsOf(content));
}

function joinTexts(parts: readonly ContentPart[]): string {
  return parts.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n\n");
}

function partsOf(content: ChatContent | null | undefined): readonly ContentPart[] {
  if (content === null || content === undefined) return [];
  if (typeof content === "string") return [textPart(content)];
  return content.map((part) =>
    part.type === "image_url" ? imageOf(part.image_url.url) : textPart(part.text),
  );
}

function imageOf(url: string): ImagePart {
  const [, mediaType, data] = /^data:(image\/[\w.+-]+);base64,([A-Za-z0-9+/=\s]+)$/.exec(url) ?? [];
  if (mediaType !== undefined && data !== undefined) return { type: "image", mediaType, data };
  throw new CodeActError("invalid_input", "A picture has to be sent as a data URL with base64.");
}
