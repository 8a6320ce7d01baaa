import { expect, it } from "vitest";
import type { AgentEvent } from "../agent/events.ts";
import { textMessage } from "../models/model.ts";
import { withEstimates } from "./unmetered.ts";

const none = { inputTokens: 0, outputTokens: 0 };
const messages = [
  // With four tokens for each message: 100 before the first reply, 200 before the second.
  textMessage("user", "q".repeat(4 * 96)),
  textMessage("assistant", "a".repeat(4 * 46)),
  textMessage("user", "o".repeat(4 * 46)),
  textMessage("assistant", "b".repeat(40)),
];

function eventsOf(...usages: readonly (typeof none)[]): readonly AgentEvent[] {
  return usages.flatMap((usage, index): AgentEvent[] => [
    { type: "turn-start", turn: index + 1 },
    { type: "turn-end", turn: index + 1, usage },
  ]);
}

it("keeps what the service told", () => {
  const told = { inputTokens: 10, outputTokens: 1 };
  const usage = { inputTokens: 20, outputTokens: 2 };
  expect(withEstimates({ usage, messages }, eventsOf(told, told))).toEqual({ usage, estimated: 0 });
});

it("estimates a reply that was left, by the measure of the others", () => {
  const told = { inputTokens: 400, outputTokens: 10 };
  expect(withEstimates({ usage: told, messages }, eventsOf(none, told))).toEqual({
    usage: { inputTokens: 400 + 200, outputTokens: 10 + 46 },
    estimated: 1,
  });
});

it("counts characters where the service told nothing", () => {
  expect(withEstimates({ usage: none, messages }, eventsOf(none, none))).toEqual({
    usage: { inputTokens: 100 + 200, outputTokens: 46 + 10 },
    estimated: 2,
  });
});
