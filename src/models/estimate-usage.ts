import type { Message, MessagePart, Usage } from "./model.ts";

const charactersPerToken = 4;
/** About what services count for a picture of usual size. */
const tokensPerImage = 1000;
/** For the role and the separators of a message. */
const tokensPerMessage = 4;

/** What a reply used about, when it was left before its service told: a budget must not take it for free. */
export function estimateUsage(messages: readonly Message[], replyCharacters: number): Usage {
  return {
    inputTokens: Math.ceil(roughTokens(messages)),
    outputTokens: Math.ceil(replyCharacters / charactersPerToken),
    estimated: true,
  };
}

/** About how many tokens a prompt has, by its characters. */
export function roughTokens(messages: readonly Message[]): number {
  return messages.reduce((sum, { content }) => sum + tokensPerMessage + partsTokens(content), 0);
}

function partsTokens(parts: readonly MessagePart[]): number {
  return parts.reduce((sum, part) => sum + partTokens(part), 0);
}

function partTokens(part: MessagePart): number {
  switch (part.type) {
    case "text":
      return part.text.length / charactersPerToken;
    case "image":
      return tokensPerImage;
    case "tool-call":
      return (part.name.length + part.arguments.length) / charactersPerToken;
    case "tool-result":
      return partsTokens(part.content);
  }
}
