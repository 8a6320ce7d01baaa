import type OpenAI from "openai";
import {
  messageText,
  type ContentPart,
  type Message,
  type ToolCallPart,
  type ToolDeclaration,
  type ToolResultPart,
} from "./model.ts";

type ChatMessage = OpenAI.ChatCompletionMessageParam;

/** Turns messages into those of the wire. Pictures reach only models that see them. */
export function chatMessages(
  messages: readonly Message[],
  options: { readonly images: boolean },
): ChatMessage[] {
  return messages.flatMap((message): ChatMessage[] => {
    if (message.role === "user") return userMessages(message, options.images);
    const calls = message.content.filter((part) => part.type === "tool-call");
    const content = messageText(message);
    if (message.role === "system" || calls.length === 0) return [{ role: message.role, content }];
    return [
      {
        role: "assistant",
        ...(content !== "" && { content }),
        tool_calls: calls.map(({ id, name, arguments: text }) => ({
          type: "function",
          id,
          function: { name, arguments: text },
        })),
      },
    ];
  });
}

/** The wire has messages of their own for tool results, which hold only text: pictures follow. */
function userMessages(message: Message, images: boolean): ChatMessage[] {
  const results = message.content.filter((part) => part.type === "tool-result");
  const pictures = results.flatMap(({ content }) => content.filter(({ type }) => type === "image"));
  const rest = [...pictures, ...message.content].filter(
    (part) => part.type === "text" || part.type === "image",
  );
  const answers: ChatMessage[] = results.map((result) => ({
    role: "tool",
    tool_call_id: result.callId,
    content: resultText(result, images),
  }));
  const shown = images ? rest : rest.filter((part) => part.type === "text");
  return results.length > 0 && shown.length === 0
    ? answers
    : [...answers, { role: "user", content: userContent(shown) }];
}

function resultText({ content }: ToolResultPart, images: boolean): string {
  const text = messageText({ role: "user", content });
  const seen = images && content.some((part) => part.type === "image");
  if (seen) return `${text}${text === "" ? "" : "\n"}[The pictures follow.]`;
  return text;
}

function userContent(parts: readonly ContentPart[]): string | OpenAI.ChatCompletionContentPart[] {
  if (parts.every((part) => part.type === "text")) {
    return messageText({ role: "user", content: parts });
  }
  return parts.map((part) =>
    part.type === "text"
      ? { type: "text", text: part.text }
      : { type: "image_url", image_url: { url: `data:${part.mediaType};base64,${part.data}` } },
  );
}

/**
 * Says in plain text what the API of a server without tools cannot carry: declarations become part of the
 * system message, calls and results become text in the tags that open models are trained with.
 */
export function withoutToolMessages(
  messages: readonly Message[],
  tools: readonly ToolDeclaration[],
): readonly Message[] {
  const plain = messages.map((message): Message => ({
    ...message,
    content: message.content.flatMap((part, index): readonly ContentPart[] => {
      if (part.type === "tool-call") return [{ type: "text", text: callText(part) }];
      if (part.type !== "tool-result") return [part];
      const end = `\n</tool_response>${index + 1 < message.content.length ? "\n\n" : ""}`;
      return [
        { type: "text", text: "<tool_response>\n" },
        ...part.content,
        { type: "text", text: end },
      ];
    }),
  }));
  if (tools.length === 0) return plain;
  const [first] = plain;
  const described: ContentPart = { type: "text", text: toolsText(tools) };
  return first?.role === "system"
    ? [
        { role: "system", content: [...first.content, { type: "text", text: "\n\n" }, described] },
        ...plain.slice(1),
      ]
    : [{ role: "system", content: [described] }, ...plain];
}

function callText({ name, arguments: text }: ToolCallPart): string {
  return `\n<tool_call>\n{"name": ${JSON.stringify(name)}, "arguments": ${text}}\n</tool_call>`;
}

function toolsText(tools: readonly ToolDeclaration[]): string {
  const list = tools.map((tool) => JSON.stringify({ type: "function", function: tool }));
  return [
    "These functions are tools:",
    ["<tools>", ...list, "</tools>"].join("\n"),
    "Call one by writing its name and arguments as JSON between these tags, then stop:",
    '<tool_call>\n{"name": "function", "arguments": {"parameter": "value"}}\n</tool_call>',
  ].join("\n\n");
}
