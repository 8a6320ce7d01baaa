import type {
  LanguageModelV4CallOptions,
  LanguageModelV4FilePart,
  LanguageModelV4Message,
  LanguageModelV4TextPart,
  LanguageModelV4ToolCallPart,
} from "@ai-sdk/provider";
import type { CallMetadata } from "./ai-sdk-parts.ts";
import { messageText, type Message, type MessagePart, type ModelRequest } from "./model.ts";

/** Parameters that some models refuse, and that a reply is possible without. */
export const optionalCallParameters = ["temperature", "stopSequences"] as const;

export type OptionalCallParameter = (typeof optionalCallParameters)[number];

export interface CallOptions {
  /** The version of the specification that the language model has, such as `v4`. */
  readonly version: string;
  readonly images: boolean;
  readonly temperature: number | undefined;
  readonly maxOutputTokens: number | undefined;
  /** Parameters that the service has refused before. */
  readonly refused: ReadonlySet<OptionalCallParameter>;
  /** What the provider wants back with calls, by their ids. */
  readonly callMetadata: ReadonlyMap<string, CallMetadata>;
}

/** Google's API takes no more than 5 stop strings, OpenAI's no more than 4; all are enforced here anyway. */
const maxStopStrings = 4;

/** Builds what an AI SDK language model is called with. */
export function callOptions(
  request: ModelRequest,
  options: CallOptions,
  abortSignal: AbortSignal,
): LanguageModelV4CallOptions {
  const { refused } = options;
  const temperature = request.temperature ?? options.temperature;
  const maxOutputTokens = request.maxOutputTokens ?? options.maxOutputTokens;
  // Anthropic's API refuses blank ones.
  const stop = (request.stop ?? []).filter((one) => one.trim() !== "").slice(0, maxStopStrings);
  return {
    prompt: promptOf(request.messages, options),
    abortSignal,
    ...(temperature !== undefined && !refused.has("temperature") && { temperature }),
    ...(request.seed !== undefined && { seed: request.seed }),
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
    ...(stop.length > 0 && !refused.has("stopSequences") && { stopSequences: stop }),
    ...(request.tools !== undefined &&
      request.tools.length > 0 && {
        tools: request.tools.map(({ name, description, parameters }) => ({
          type: "function" as const,
          name,
          description,
          inputSchema: { ...parameters },
        })),
        toolChoice: { type: "auto" as const },
      }),
  };
}

function promptOf(messages: readonly Message[], options: CallOptions): LanguageModelV4Message[] {
  const toolNames = new Map(
    messages
      .flatMap((message) => message.content)
      .flatMap((part) => (part.type === "tool-call" ? [[part.id, part.name] as const] : [])),
  );
  const prompt = messages.flatMap((message): LanguageModelV4Message[] => {
    if (message.role === "system") return [{ role: "system", content: messageText(message) }];
    if (message.role === "assistant") return assistantMessage(message, options);
    return userMessages(message, toolNames, options);
  });
  // Anthropic caches a prompt up to the marked messages: the instructions, and all of the conversation so far.
  const marked = new Set([prompt.findIndex(({ role }) => role === "system"), prompt.length - 1]);
  return prompt.map((message, index) =>
    marked.has(index)
      ? { ...message, providerOptions: { anthropic: { cacheControl: { type: "ephemeral" } } } }
      : message,
  );
}

function assistantMessage(
  message: Message,
  { callMetadata }: CallOptions,
): LanguageModelV4Message[] {
  const content = message.content.flatMap(
    (part): (LanguageModelV4TextPart | LanguageModelV4ToolCallPart)[] => {
      if (part.type === "text" && part.text !== "") return [{ type: "text", text: part.text }];
      if (part.type !== "tool-call") return [];
      const input = inputOf(part.arguments);
      const providerOptions = callMetadata.get(part.id);
      return [
        {
          type: "tool-call",
          toolCallId: part.id,
          toolName: part.name,
          input,
          ...(providerOptions && { providerOptions: { ...providerOptions } }),
        },
      ];
    },
  );
  return content.length === 0 ? [] : [{ role: "assistant", content }];
}

/** Results of calls become a message of their own; their pictures follow as the user's, which all services take. */
function userMessages(
  message: Message,
  toolNames: ReadonlyMap<string, string>,
  options: CallOptions,
): LanguageModelV4Message[] {
  const results = message.content.flatMap((part) =>
    part.type === "tool-result"
      ? [
          {
            type: "tool-result" as const,
            toolCallId: part.callId,
            toolName: toolNames.get(part.callId) ?? "tool",
            output: { type: "text" as const, value: textOf(part.content) },
          },
        ]
      : [],
  );
  const content = message.content
    .flatMap((part): readonly MessagePart[] =>
      part.type === "tool-result" ? part.content.filter(({ type }) => type === "image") : [part],
    )
    .flatMap((part) => userPart(part, options));
  return [
    ...(results.length > 0 ? [{ role: "tool" as const, content: results }] : []),
    ...(content.length > 0 || results.length === 0 ? [{ role: "user" as const, content }] : []),
  ];
}

function userPart(
  part: MessagePart,
  { images, version }: CallOptions,
): (LanguageModelV4TextPart | LanguageModelV4FilePart)[] {
  if (part.type === "text") return [{ type: "text", text: part.text }];
  if (part.type !== "image" || !images) return [];
  const { mediaType, data } = part;
  const file = { type: "file", mediaType, data: { type: "data", data } } as const;
  // Earlier versions take the data itself.
  return [version === "v4" ? file : ({ ...file, data } as unknown as LanguageModelV4FilePart)];
}

function textOf(content: Message["content"]): string {
  return messageText({ role: "user", content });
}

/** What the model wrote as arguments; a service refuses what is not an object. */
function inputOf(written: string): unknown {
  try {
    const value: unknown = JSON.parse(written);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Kept below as the model wrote it.
  }
  return { arguments: written };
}
