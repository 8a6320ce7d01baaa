import { textMessage } from "../../models/model.ts";
import type { Message } from "../../models/model.ts";
import type { FormatName, Grading } from "../benchmark.ts";
import { writeCall, writeCallFaithfully } from "./api-bank-call.ts";
import type { ApiBankMessage } from "./api-bank-data.ts";

const shapes: Readonly<Record<FormatName, string>> = {
  code: "[ApiName(key1='value1', key2='value2', ...)]",
  json: '[{"action": "ApiName", "param1": "value1", "param2": "value2", ...}]',
  text: "[Action: ApiName, key1: value1, key2: value2, ...]",
};

export interface ApiBankPromptOptions {
  /** The descriptions of the dialogue's APIs, in JSON. */
  readonly apis: readonly string[];
  /** What the calls of the history returned, in their order, as Python's `str()` writes it. */
  readonly outputs: readonly string[];
  readonly format: FormatName;
  readonly grading: Grading;
}

/** Writes the conversation up to the call that is wanted; the instruction is the original's, to the letter. */
export function apiBankMessages(
  history: readonly ApiBankMessage[],
  { apis, outputs, format, grading }: ApiBankPromptOptions,
): readonly Message[] {
  const responses = outputs.values();
  const system = `Based on the given API description and the existing conversation history 1..t, please generate the API request that the AI should call in step t+1 and output it in the format of ${shapes[format]}, replace the ApiName with the actual API name, and replace the key and value with the actual parameters.
Your output should start with a square bracket "[" and end with a square bracket "]". Do not output any other explanation or prompt or the result of the API call in your output.${" "}
This year is 2023.
Input:${" "}
User: [User's utterence]
AI: [AI's utterence]

Expected output:
${shapes[format]}

API descriptions:
${apis.join("\n")}`;
  const write = grading === "faithful" ? writeCallFaithfully : writeCall;
  const turns = history.flatMap((message): (readonly [Message["role"], string])[] => {
    if (message.role !== "API") {
      return [[message.role === "User" ? "user" : "assistant", message.text]];
    }
    return [
      ["assistant", write(message, format)],
      ["user", `Response: ${responses.next().value ?? ""}`],
    ];
  });
  const merged = merge(turns, grading === "faithful" ? ["assistant"] : ["assistant", "user"]);
  return [textMessage("system", system), ...merged];
}

/** Joins what the same side says in a row; the original joins what the assistant says. */
function merge(
  turns: readonly (readonly [Message["role"], string])[],
  roles: readonly Message["role"][],
): readonly Message[] {
  const merged: [Message["role"], string][] = [];
  for (const [role, text] of turns) {
    const last = merged.at(-1);
    if (last?.[0] === role && roles.includes(role)) last[1] += `\n${text}`;
    else merged.push([role, text]);
  }
  return merged.map(([role, text]) => textMessage(role, text));
}
