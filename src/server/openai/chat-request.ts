import { z } from "zod";
import { textPart, type Task } from "../../agent/history.ts";
import type { Sampling } from "../../agent/stream-reply.ts";
import { CodeActError } from "../../errors.ts";
import type {
  ContentPart,
  ImagePart,
  Message,
  ToolCallPart,
  ToolResultPart,
} from "../../models/model.ts";
import type { JsonSchema } from "../../tools/tool.ts";
import type { ClientTool } from "./client-tools.ts";

const textSchema = z.looseObject({ type: z.enum(["text", "input_text"]), text: z.string() });
const imageSchema = z.looseObject({
  type: z.literal("image_url"),
  image_url: z.looseObject({ url: z.string() }),
});
const contentSchema = z.union(
  [z.string(), bounded(500, z.discriminatedUnion("type", [textSchema, imageSchema]))],
  "it has to be a text, or up to 500 parts of type text or image_url",
);
const callSchema = z.looseObject({
  id: z.string(),
  type: z.literal("function").nullish(),
  function: z.looseObject({ name: z.string(), arguments: z.string() }),
});
const messageSchema = z.discriminatedUnion("role", [
  z.looseObject({ role: z.enum(["system", "developer"]), content: contentSchema }),
  z.looseObject({ role: z.literal("user"), content: contentSchema }),
  z.looseObject({
    role: z.literal("assistant"),
    content: contentSchema.nullish(),
    tool_calls: bounded(500, callSchema).nullish(),
  }),
  z.looseObject({ role: z.literal("tool"), tool_call_id: z.string(), content: contentSchema }),
]);
const toolSchema = z.looseObject({
  type: z.literal("function", "only functions can be declared"),
  function: z.looseObject({
    name: z.string(),
    description: z.string().nullish(),
    parameters: z.record(z.string(), z.unknown()).nullish(),
  }),
});
const formatSchema = z.discriminatedUnion("type", [
  z.looseObject({ type: z.enum(["text", "json_object"]) }),
  z.looseObject({
    type: z.literal("json_schema"),
    json_schema: z.looseObject({ schema: z.record(z.string(), z.unknown()) }),
  }),
]);
const count = z.int().positive();

/** What is read of a request for `POST /v1/chat/completions`; everything else in it is left alone. */
const requestSchema = z.looseObject({
  model: z.string(),
  messages: bounded(10_000, messageSchema, 1),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  seed: z.int().nullish(),
  max_tokens: count.nullish(),
  max_completion_tokens: count.nullish(),
  n: z.literal(1).nullish(),
  user: z.string().nullish(),
  tools: bounded(500, toolSchema).nullish(),
  response_format: formatSchema.nullish(),
});

/** A list whose length is looked at before its items: each item that is wrong costs an issue of its own. */
function bounded<Item extends z.ZodType>(maximum: number, item: Item, minimum = 0) {
  return z.array(z.unknown()).min(minimum).max(maximum).pipe(z.array(item));
}

type ChatContent = z.infer<typeof contentSchema>;
type ChatMessage = z.infer<typeof messageSchema>;

/** A request, in the words of the agent. */
export interface ChatRequest {
  readonly model: string;
  /** The conversation up to the last answer. */
  readonly history: readonly Message[];
  /** What was said since, as it was sent: messages of the user, results of calls. */
  readonly asked: readonly Message[];
  /** The same, for the agent. */
  readonly task: Task;
  /** Results of the calls that the last answer asked for, by their ids. */
  readonly results: ReadonlyMap<string, string>;
  /** What the client can do for the code. */
  readonly tools: readonly ClientTool[];
  /** What the system messages say. */
  readonly instructions: string | undefined;
  /** JSON schema of the answer, where data is asked for. */
  readonly schema: JsonSchema | undefined;
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
  const last = data.messages.slice(end).filter(({ role }) => role === "user" || role === "tool");
  if (last.length === 0) {
    throw new CodeActError(
      "invalid_input",
      "The last message has to be one of the user, or the result of a call.",
    );
  }
  const said = last.flatMap((message) => (message.role === "user" ? partsOf(message.content) : []));
  const results = last.flatMap((message) =>
    message.role === "tool" ? [[message.tool_call_id, textOf(message.content)] as const] : [],
  );
  const maxOutputTokens = data.max_completion_tokens ?? data.max_tokens;
  return {
    model: data.model,
    history: historyOf(data.messages.slice(0, end)),
    asked: historyOf(last),
    task: { text: joinTexts(said), images: said.filter((part) => part.type === "image") },
    results: new Map(results),
    tools: (data.tools ?? []).map(({ function: { name, description, parameters } }) => ({
      name,
      description: description ?? "",
      parameters: parameters ?? { type: "object", properties: {} },
    })),
    instructions: instructions.trim() === "" ? undefined : instructions,
    schema: schemaOf(data.response_format),
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

function schemaOf(format: z.infer<typeof formatSchema> | null | undefined): JsonSchema | undefined {
  switch (format?.type) {
    case "json_schema":
      return format.json_schema.schema;
    case "json_object":
      return { type: "object" };
    default:
      return undefined;
  }
}

/** What a user says between two answers is one message; results of calls are of the user too. */
function historyOf(messages: readonly ChatMessage[]): readonly Message[] {
  const history: Message[] = [];
  let said: ContentPart[] = [];
  const endSaid = (): void => {
    if (said.length > 0) history.push({ role: "user", content: joinNeighbours(said) });
    said = [];
  };
  for (const message of messages) {
    switch (message.role) {
      case "user":
        said.push(...partsOf(message.content));
        break;
      case "assistant":
        endSaid();
        history.push(answerMessage(textOf(message.content), message.tool_calls?.map(callOf)));
        break;
      case "tool":
        endSaid();
        history.push({ role: "user", content: [resultOf(message)] });
        break;
      case "system":
      case "developer":
        break;
    }
  }
  endSaid();
  return history;
}

/** What a client reads as one answer. One without words is a message too: what follows it follows no other. */
export function answerMessage(text: string, calls: readonly ToolCallPart[] = []): Message {
  const texts = text.trim() === "" ? [] : [textPart(text)];
  return { role: "assistant", content: [...texts, ...calls] };
}

/** Texts that follow each other become one. */
function joinNeighbours(parts: readonly ContentPart[]): readonly ContentPart[] {
  const joined: ContentPart[] = [];
  let texts: string[] = [];
  const endText = (): void => {
    if (texts.length > 0) joined.push(textPart(texts.join("\n\n")));
    texts = [];
  };
  for (const part of parts) {
    if (part.type === "text") {
      texts.push(part.text.trimEnd());
    } else {
      endText();
      joined.push(part);
    }
  }
  endText();
  return joined;
}

function callOf({
  id,
  function: { name, arguments: text },
}: z.infer<typeof callSchema>): ToolCallPart {
  return { type: "tool-call", id, name, arguments: text };
}

function resultOf({
  tool_call_id: callId,
  content,
}: Extract<ChatMessage, { role: "tool" }>): ToolResultPart {
  return { type: "tool-result", callId, content: [textPart(textOf(content))] };
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
