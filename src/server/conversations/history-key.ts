import { createHash } from "node:crypto";
import type { Message } from "../../models/model.ts";

/**
 * Names each moment of a history: the key at `n` stands for the owner and the first `n + 1` messages. System messages
 * count for nothing, because clients write the date and much else into them; neither does white space around a text, nor
 * how its lines end: clients trim texts and rewrite them.
 */
export function historyKeys(owner: string, history: readonly Message[]): readonly string[] {
  let key = digest(["history", owner]);
  return history.map(({ role, content }) => {
    if (role !== "system") key = digest([key, role, ...content.map(plainPart)]);
    return key;
  });
}

function plainPart(part: Message["content"][number]): unknown {
  return part.type === "text" ? part.text.trim().replaceAll(/\r\n?/g, "\n") : part;
}

function digest(parts: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("base64url");
}
