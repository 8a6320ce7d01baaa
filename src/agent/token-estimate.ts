import type { Message, MessagePart } from "../models/model.ts";

const charactersPerToken = 4;
/** About what services count for a picture of usual size. */
const tokensPerImage = 1000;
/** For the role and the separators of a message. */
const tokensPerMessage = 4;

/** Tells how many tokens a prompt will have. */
export interface TokenEstimate {
  of(messages: readonly Message[]): number;
  /** Learns from what the service counted for these messages. */
  learn(messages: readonly Message[], inputTokens: number): void;
}

/** Creates an estimate that counts characters, until the service has told what it counts. */
export function createTokenEstimate(): TokenEstimate {
  let factor = 1;
  return {
    of: (messages) => Math.ceil(rough(messages) * factor),
    learn(messages, inputTokens) {
      const estimated = rough(messages);
      // What a service reports may lack what it had in its cache: never trust less than a quarter.
      if (inputTokens > 0 && estimated > 0) factor = Math.max(inputTokens / estimated, 0.25);
    },
  };
}

function rough(messages: readonly Message[]): number {
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
