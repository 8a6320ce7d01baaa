import type { CodeActError } from "../errors.ts";

/** A language model: an id and one streaming method. */
export interface Model {
  /** Name for people and records, such as `gpt-5-mini`. */
  readonly id: string;
  readonly capabilities: ModelCapabilities;
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
}

export interface ModelRequest {
  readonly messages: readonly Message[];
  /** The reply ends before the first of these; the stop string itself is not part of the text. */
  readonly stop?: readonly string[];
  readonly temperature?: number;
  readonly maxOutputTokens?: number;
  readonly signal?: AbortSignal;
}

export interface Message {
  readonly role: "system" | "user" | "assistant";
  readonly content: readonly ContentPart[];
}

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

export type ModelEvent =
  | { readonly type: "text-delta"; readonly text: string }
  | { readonly type: "usage"; readonly usage: Usage }
  | { readonly type: "finish"; readonly reason: FinishReason; readonly error?: CodeActError };

/** `aborted`: the signal fired; `error`: the event carries the error. Text already streamed stays valid in both. */
export type FinishReason = "stop" | "length" | "content-filter" | "aborted" | "error";

export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** Makes a message of plain text. */
export function textMessage(role: Message["role"], text: string): Message {
  return { role, content: [{ type: "text", text }] };
}

/** Joins the text parts of a message; images are left out. */
export function messageText(message: Message): string {
  return message.content.map((part) => (part.type === "text" ? part.text : "")).join("");
}
