import type { Outcome, Output } from "../execution/outcome.ts";
import { messageText } from "../models/model.ts";
import type { Message, MessagePart } from "../models/model.ts";

/** Characters of one attribute; collectors refuse or cut what is much longer. */
const maxCharacters = 20_000;

/** JSON for an attribute. Long texts in it are shortened, so that it stays JSON. */
export function asJson(value: unknown): string {
  for (let limit = maxCharacters; ; limit = Math.floor(limit / 4)) {
    const json = JSON.stringify(value, (_, inner: unknown) =>
      typeof inner === "string" ? shortened(inner, limit) : inner,
    );
    if (json.length <= maxCharacters || limit < 64) return json;
  }
}

/** The beginning and the end of a text. */
export function shortened(text: string, limit = maxCharacters): string {
  if (text.length <= limit) return text;
  const half = Math.max(Math.floor(limit / 2) - 10, 8);
  return `${text.slice(0, half)} [...] ${text.slice(-half)}`;
}

/** Messages as the conventions write them: a role and parts. Pictures are only named. */
export function conventionMessages(messages: readonly Message[]): readonly object[] {
  return messages
    .filter(({ role }) => role !== "system")
    .map(({ role, content }) => ({ role, parts: content.map(conventionPart) }));
}

/** The instructions of a conversation as the conventions write them. */
export function conventionInstructions(messages: readonly Message[]): readonly object[] {
  return messages
    .filter(({ role }) => role === "system")
    .map((message) => ({ type: "text", content: messageText(message) }));
}

function conventionPart(part: MessagePart): object {
  switch (part.type) {
    case "text":
      return { type: "text", content: part.text };
    case "image":
      return { type: "blob", modality: "image", mime_type: part.mediaType };
    case "tool-call":
      return { type: "tool_call", id: part.id, name: part.name, arguments: part.arguments };
    case "tool-result":
      return {
        type: "tool_call_response",
        id: part.callId,
        response: messageText({ role: "user", content: part.content }),
      };
  }
}

/** What a cell printed and returned, as text. */
export function outputsText(outcome: Outcome): string {
  return shortened(outcome.outputs.map(outputText).join(""));
}

function outputText(output: Output): string {
  switch (output.type) {
    case "stream":
      return output.text;
    case "error":
      return output.error.traceback;
    case "display":
    case "value":
      return `${output.data["text/plain"] ?? Object.keys(output.data).join(", ")}\n`;
  }
}
