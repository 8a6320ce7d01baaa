import type { CodeActError } from "../errors.ts";
import type { ModelPrice } from "./model-price.ts";

/** A language model: an id and one streaming method. */
export interface Model {
  /** Name for people and records, such as `gpt-5-mini`. */
  readonly id: string;
  readonly capabilities: ModelCapabilities;
  /** Who serves it, by OpenTelemetry's names, such as `openai` or `gcp.gemini`. */
  readonly provider?: string;
  /** Where known; from it the agent tells what a run cost. */
  readonly price?: ModelPrice;
  /**
   * Streams one reply. Never throws: every failure, cancellation included, arrives as the `finish`
   * event, which is always the last one and arrives exactly once.
   * Ending the iteration early cancels the request.
   */
  stream(request: ModelRequest): AsyncIterable<ModelEvent>;
}

export interface ModelCapabilities {
  /** Whether `ImagePart`s may be sent. */
  readonly images: boolean;
  /** Tokens of prompt and reply together, where known. */
  readonly contextTokens?: number;
  /** Whether tools may be declared, so that actions arrive as tool calls. */
  readonly toolCalls?: boolean;
}

export interface ModelRequest {
  readonly messages: readonly Message[];
  /** The reply ends before the first of these; the stop string itself is not part of the text. */
  readonly stop?: readonly string[];
  /** What the model may call; only for models that can. */
  readonly tools?: readonly ToolDeclaration[];
  readonly temperature?: number;
  /** Makes a service that knows it sample alike again, or differently. */
  readonly seed?: number;
  readonly maxOutputTokens?: number;
  readonly signal?: AbortSignal;
}

/** A tool in the sense of the model's API. */
export interface ToolDeclaration {
  readonly name: string;
  readonly description: string;
  /** JSON schema of an object. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** A user message that answers a tool call holds its `ToolResultPart` first. */
export interface Message {
  readonly role: "system" | "user" | "assistant";
  readonly content: readonly MessagePart[];
}

export type MessagePart = ContentPart | ToolCallPart | ToolResultPart;

/** What people and models read: text and pictures. */
export type ContentPart = TextPart | ImagePart;

export interface TextPart {
  readonly type: "text";
  readonly text: string;
}

export interface ImagePart {
  readonly type: "image";
  /** Such as `image/png`. */
  readonly mediaType: string;
  /** The picture's bytes in base64. */
  readonly data: string;
}

/** A call that the assistant made, after its text; only in assistant messages. */
export interface ToolCallPart {
  readonly type: "tool-call";
  readonly id: string;
  readonly name: string;
  /** As the model wrote them: JSON, when it did well. */
  readonly arguments: string;
}

/** What came of a call; only in user messages, before everything else. */
export interface ToolResultPart {
  readonly type: "tool-result";
  readonly callId: string;
  readonly content: readonly ContentPart[];
}

/** A piece of the call number `index` of a reply; the first piece of a call has its id and name. */
export interface ToolCallDelta {
  readonly type: "tool-call-delta";
  readonly index: number;
  readonly id?: string;
  readonly name?: string;
  readonly arguments: string;
}

export type ModelEvent =
  | { readonly type: "text-delta"; readonly text: string }
  | ToolCallDelta
  | { readonly type: "usage"; readonly usage: Usage }
  | { readonly type: "finish"; readonly reason: FinishReason; readonly error?: CodeActError };

/** `aborted`: the signal fired; `error`: the event carries the error. Text already streamed stays valid in both. */
export type FinishReason = "stop" | "length" | "content-filter" | "aborted" | "error";

export interface Usage {
  /** All of the prompt, whether cached or not. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** The part of `inputTokens` that the service had in its cache. */
  readonly cachedInputTokens?: number;
  /** The part of `inputTokens` that the service put into its cache. */
  readonly cacheWriteTokens?: number;
  /** Whether some of it is estimated by characters: a reply was left before the service told what it had counted. */
  readonly estimated?: true;
}

/** Makes a message of plain text. */
export function textMessage(role: Message["role"], text: string): Message {
  return { role, content: [{ type: "text", text }] };
}

/** Joins the texts of a message, those of tool results included; pictures and calls are left out. */
export function messageText(message: Message): string {
  return contentText(message.content);
}

function contentText(content: readonly MessagePart[]): string {
  return content
    .map((part, index) => {
      if (part.type === "text") return part.text;
      if (part.type !== "tool-result") return "";
      const after = index + 1 < content.length ? "\n\n" : "";
      return contentText(part.content) + after;
    })
    .join("");
}
