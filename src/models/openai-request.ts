import type OpenAI from "openai";
import type { ModelRequest } from "./model.ts";
import { chatMessages, withoutToolMessages } from "./openai-messages.ts";

type ChatBody = OpenAI.ChatCompletionCreateParamsStreaming;

/** Parameters that some servers or models refuse, and that a reply is possible without. */
export const optionalParameters = [
  "tools",
  "stop",
  "temperature",
  "seed",
  "stream_options",
  "max_tokens",
  "max_completion_tokens",
] as const;

export type OptionalParameter = (typeof optionalParameters)[number];

export interface ChatBodyOptions {
  readonly model: string;
  readonly images: boolean;
  readonly temperature: number | undefined;
  /** Parameters that the server has refused before. */
  readonly refused: ReadonlySet<OptionalParameter>;
}

/** OpenAI's own API takes no more stop strings than this; all are enforced here anyway. */
const maxStopStrings = 4;

/** Builds the body of a streaming chat completion. */
export function chatBody(request: ModelRequest, options: ChatBodyOptions): ChatBody {
  const { refused } = options;
  const { messages, tools = [] } = request;
  const withTools = !refused.has("tools");
  const body: ChatBody = {
    model: options.model,
    messages: chatMessages(withTools ? messages : withoutToolMessages(messages, tools), options),
    stream: true,
  };
  if (withTools && tools.length > 0) {
    body.tools = tools.map(({ name, description, parameters }) => ({
      type: "function",
      function: { name, description, parameters },
    }));
  }
  const temperature = request.temperature ?? options.temperature;
  if (!refused.has("stream_options")) body.stream_options = { include_usage: true };
  if (temperature !== undefined && !refused.has("temperature")) body.temperature = temperature;
  if (request.seed !== undefined && !refused.has("seed")) body.seed = request.seed;
  if (request.stop !== undefined && request.stop.length > 0 && !refused.has("stop")) {
    body.stop = request.stop.slice(0, maxStopStrings);
  }
  if (request.maxOutputTokens !== undefined) {
    // Most servers know only the older name, OpenAI's newer models only the newer one.
    if (!refused.has("max_tokens")) body.max_tokens = request.maxOutputTokens;
    else if (!refused.has("max_completion_tokens")) {
      body.max_completion_tokens = request.maxOutputTokens;
    }
  }
  return body;
}
