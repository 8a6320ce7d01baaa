import { createHash } from "node:crypto";
import type { Message } from "../../models/model.ts";

/**
 * Names each moment of a history: the key at `n` stands for the owner and the first `n + 1` messages. System messages
 * count for nothing, because clients write the date and much else into them; neither does white space around a text, nor
 * how its lines end: clients trim texts and rewrite them.
 */
export function historyKeys(owner: string, history: readonly Message[]): readonly string[] {
  let key = digest(["history", owner]);
  return messageKeys(owner, history).map((own, index) => {
    if (history[index]!.role !== "system") key = digest([key, own]);
    return key;
  });
}

/** Names each message of a history by itself, wherever it stands. */
export function messageKeys(owner: string, history: readonly Message[]): readonly string[] {
  return history.map(({ role, content }) => digest([owner, role, ...content.map(plainPart)]));
}

function plainPart(part: Message["content"][number]): unknown {
  return part.type === "text" ? part.text.trim().replaceAll(/\r\n?/g, "\n") : part;
}

function digest(parts: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("base64url");
}
