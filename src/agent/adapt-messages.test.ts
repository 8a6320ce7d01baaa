import { describe, expect, it } from "vitest";
import { textMessage } from "../models/model.ts";
import type { Message } from "../models/model.ts";
import { adaptMessages } from "./adapt-messages.ts";

const picture = { type: "image", mediaType: "image/png", data: "AA==" } as const;
const call = {
  type: "tool-call",
  id: "c1",
  name: "execute_python",
  arguments: '{"code":"print(1)"}',
} as const;
const conversation: readonly Message[] = [
  textMessage("user", "Plot it."),
  { role: "assistant", content: [{ type: "text", text: "I plot." }, call] },
  {
    role: "user",
    content: [
      { type: "tool-result", callId: "c1", content: [{ type: "text", text: "1" }, picture] },
    ],
  },
];

describe("a conversation for another model", () => {
  it("stays as it is when the model reads all of it", () => {
    const adapted = adaptMessages(conversation, { images: true, toolCalls: true });
    for (const [at, message] of adapted.entries()) expect(message).toBe(conversation[at]);
  });

  it("has blocks for calls and sentences for pictures when it can't", () => {
    const adapted = adaptMessages(conversation, { images: false });
    expect(adapted[0]).toBe(conversation[0]);
    expect(adapted.slice(1)).toEqual([
      {
        role: "assistant",
        content: [
          { type: "text", text: "I plot." },
          { type: "text", text: "\n<execute>\nprint(1)\n</execute>" },
        ],
      },
      {
        role: "user",
        content: [
          { type: "text", text: "1" },
          { type: "text", text: "[A picture (image/png), which you cannot see.]" },
        ],
      },
    ]);
  });

  it("keeps calls and loses pictures for a model that calls but does not see", () => {
    const [, , result] = adaptMessages(conversation, { images: false, toolCalls: true });
    expect(result?.content).toEqual([
      {
        type: "tool-result",
        callId: "c1",
        content: [
          { type: "text", text: "1" },
          { type: "text", text: "[A picture (image/png), which you cannot see.]" },
        ],
      },
    ]);
  });
});
