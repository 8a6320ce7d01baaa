import { textMessage } from "../../models/model.ts";
import type { Message } from "../../models/model.ts";
import type { FormatName } from "../benchmark.ts";
import { writeCall } from "./api-bank-call.ts";
import type { ApiBankMessage } from "./api-bank-data.ts";

const shapes: Readonly<Record<FormatName, string>> = {
  code: "[ApiName(key1='value1', key2='value2', ...)]",
  json: '[{"action": "ApiName", "key1": "value1", "key2": "value2", ...}]',
  text: "[Action: ApiName, key1: value1, key2: value2, ...]",
};

export interface ApiBankPromptOptions {
  /** The descriptions of the dialogue's APIs. */
  readonly apis: readonly unknown[];
  /** What the calls of the history returned, in their order, as Python's `str()` writes it. */
  readonly outputs: readonly string[];
  readonly format: FormatName;
}

/** Writes the conversation up to the call that is wanted. */
export function apiBankMessages(
  history: readonly ApiBankMessage[],
  { apis, outputs, format }: ApiBankPromptOptions,
): readonly Message[] {
  const responses = outputs.values();
  const system = `Based on the API descriptions and the conversation so far, write the API call that comes next, in the format ${shapes[format]}. Replace ApiName, the keys and the values with the actual ones. Your output must start with "[" and end with "]". Do not write an explanation, nor the result of the call.
This year is 2023.

API descriptions:
${apis.map((description) => JSON.stringify(description)).join("\n")}`;
  const turns = history.flatMap((message): (readonly [Message["role"], string])[] => {
    if (message.role !== "API") {
      return [[message.role === "User" ? "user" : "assistant", message.text]];
    }
    return [
      ["assistant", writeCall(message, format)],
      ["user", `Response: ${responses.next().value ?? ""}`],
    ];
  });
  return [textMessage("system", system), ...merge(turns)];
}

/** Joins what the same side says in a row. */
function merge(turns: readonly (readonly [Message["role"], string])[]): readonly Message[] {
  const merged: [Message["role"], string][] = [];
  for (const [role, text] of turns) {
    const last = merged.at(-1);
    if (last?.[0] === role) last[1] += `\n${text}`;
    else merged.push([role, text]);
  }
  return merged.map(([role, text]) => textMessage(role, text));
}
