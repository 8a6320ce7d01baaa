import { describe, expect, it } from "vitest";
import { messageText } from "../../models/model.ts";
import type { ApiBankMessage } from "./api-bank-data.ts";
import { apiBankMessages } from "./api-bank-prompt.ts";

const history: readonly ApiBankMessage[] = [
  { role: "User", text: "What day is it?" },
  { role: "AI", text: "I look it up." },
  {
    role: "API",
    name: "GetToday",
    arguments: {},
    result: { api_name: "GetToday", input: {}, output: "2023-03-31", exception: null },
  },
  { role: "User", text: "And?" },
];

function write(grading: "faithful" | "corrected") {
  return apiBankMessages(history, {
    apis: ['{"name": "GetToday"}', '{"name": "Wiki"}'],
    outputs: ["2023-03-31"],
    format: "code",
    grading,
  }).map((message) => [message.role, messageText(message)]);
}

describe("apiBankMessages", () => {
  it("writes the original's instruction, and a history that joins what the assistant says", () => {
    expect(write("faithful")).toEqual([
      [
        "system",
        `Based on the given API description and the existing conversation history 1..t, please generate the API request that the AI should call in step t+1 and output it in the format of [ApiName(key1='value1', key2='value2', ...)], replace the ApiName with the actual API name, and replace the key and value with the actual parameters.
Your output should start with a square bracket "[" and end with a square bracket "]". Do not output any other explanation or prompt or the result of the API call in your output.${" "}
This year is 2023.
Input:${" "}
User: [User's utterence]
AI: [AI's utterence]

Expected output:
[ApiName(key1='value1', key2='value2', ...)]

API descriptions:
{"name": "GetToday"}
{"name": "Wiki"}`,
      ],
      ["user", "What day is it?"],
      ["assistant", "I look it up.\n[GetToda)]"],
      ["user", "Response: 2023-03-31"],
      ["user", "And?"],
    ]);
  });

  it("writes calls that can be read, and joins each side's words, when corrected", () => {
    expect(write("corrected").slice(1)).toEqual([
      ["user", "What day is it?"],
      ["assistant", "I look it up.\n[GetToday()]"],
      ["user", "Response: 2023-03-31\nAnd?"],
    ]);
  });
});
