import type { Message, MessagePart, Model } from "../models/model.ts";
import { textPart } from "./history.ts";

/**
 * Rewrites a conversation for a model that can't read all of it: calls of tools become `<execute>` blocks and their
 * results plain text, pictures a sentence. Messages that need no change stay the same objects.
 */
export function adaptMessages(
  messages: readonly Message[],
  { images, toolCalls }: Model["capabilities"],
): readonly Message[] {
  return messages.map((message) => {
    const content = message.content.flatMap((part) => adaptPart(part, images, toolCalls === true));
    const isSame = content.every((part, at) => part === message.content[at]);
    return isSame && content.length === message.content.length ? message : { ...message, content };
  });
}

function adaptPart(part: MessagePart, images: boolean, tools: boolean): readonly MessagePart[] {
  switch (part.type) {
    case "text":
      return [part];
    case "image":
      return images ? [part] : [textPart(`[A picture (${part.mediaType}), which you cannot see.]`)];
    case "tool-call":
      return tools ? [part] : [textPart(`\n<execute>\n${codeOf(part.arguments)}\n</execute>`)];
    case "tool-result": {
      const content = part.content.flatMap((each) => adaptPart(each, images, tools));
      if (!tools) return content;
      const isSame = content.every((each, at) => each === part.content[at]);
      return [isSame ? part : { ...part, content: content as typeof part.content }];
    }
  }
}

function codeOf(argumentsText: string): string {
  try {
    const { code } = JSON.parse(argumentsText) as { readonly code?: unknown };
    return typeof code === "string" ? code : argumentsText;
  } catch {
    return argumentsText;
  }
}
