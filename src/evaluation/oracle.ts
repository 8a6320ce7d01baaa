import { messageText } from "../models/model.ts";
import type { Message, Model } from "../models/model.ts";
import { CodeActError } from "../errors.ts";

/** The name by which oracles are known in results. */
export const oracleName = "oracle";

/** What an oracle says in one turn: fixed, or made of the conversation so far. */
export type OracleReply = string | ((conversation: readonly Message[]) => string);

/** Replies that solve a task through the normal loop, one a turn; or why no answer can pass. */
export type Oracle = { readonly replies: readonly OracleReply[] } | { readonly impossible: string };

/** Makes a model of an oracle's replies. It serves one conversation, and fails when its script is at its end. */
export function createOracleModel(replies: readonly OracleReply[]): Model {
  let turn = 0;
  return {
    id: oracleName,
    capabilities: { images: false },
    async *stream({ messages }) {
      const reply = replies[turn];
      turn += 1;
      if (reply === undefined) {
        const error = new CodeActError("model_failed", `The oracle has no reply for turn ${turn}.`);
        yield { type: "finish", reason: "error", error };
        return;
      }
      const text = typeof reply === "string" ? reply : reply(messages);
      const read = messages.reduce((sum, message) => sum + messageText(message).length, 0);
      yield { type: "text-delta", text };
      // About four characters a token: the report of costs then has a shape without any real model.
      yield {
        type: "usage",
        usage: { inputTokens: Math.ceil(read / 4), outputTokens: Math.ceil(text.length / 4) },
      };
      yield { type: "finish", reason: "stop" };
    },
  };
}
