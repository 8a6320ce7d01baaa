import { describe, expect, it } from "vitest";
import type { AgentEvent } from "../agent/events.ts";
import { CodeActError } from "../errors.ts";
import { textMessage } from "../models/model.ts";
import type { Ending } from "./benchmark.ts";
import { isRetried, verdictOf } from "./verdict.ts";

const sorry = "I'm sorry, but I can't help with that request.";

function ended(status: Ending["status"], replies: readonly string[], more: Partial<Ending> = {}) {
  const messages = replies.flatMap((reply) => [
    textMessage("user", "Go on."),
    textMessage("assistant", reply),
  ]);
  const usage = { inputTokens: 0, outputTokens: 0 };
  return { status, turns: replies.length, usage, messages, ...more };
}

/** A turn for each mark: `?` could not be read, `=` ran the same code as others, `+` code of its own, `a` answered. */
function eventsOf(marks: string): readonly AgentEvent[] {
  return [...marks].flatMap((mark, index): AgentEvent[] => {
    const turn = index + 1;
    const start = { type: "turn-start", turn } as const;
    if (mark === "?") return [start, { type: "reply-malformed", turn, reason: "no mark" }];
    if (mark === "a") return [start];
    const code = mark === "=" ? "1" : `${turn}`;
    return [start, { type: "code-complete", turn, code }, { type: "cell-start", turn, code }];
  });
}

describe("verdictOf", () => {
  it.each([
    ["turn limit", "?aaa"],
    ["turn limit", "===aa"],
    ["turn limit", "++=="],
    ["malformed", "a+?"],
    ["stuck", "+==="],
    ["turn limit", "=?=="],
  ])("is %s at the end of %s", (verdict, marks) => {
    const replies = Array.from(marks, (_, index) => `reply ${index}`);
    expect(verdictOf(ended("budget", replies), eventsOf(marks), false)).toBe(verdict);
  });

  it("is stuck for the same wrong answer again and again", () => {
    const end = ended("budget", ["a", "b", "b", "b"]);
    expect(verdictOf(end, eventsOf("aaaa"), false)).toBe("stuck");
  });

  it("is refused wherever the rules read a refusal, but not once code ran", () => {
    const answered = ended("answered", [sorry], { answer: sorry });
    expect(verdictOf(answered, eventsOf("a"), false)).toBe("refused");
    expect(verdictOf(ended("budget", [sorry, sorry]), eventsOf("??"), false)).toBe("refused");
    expect(verdictOf(ended("stuck", [sorry]), eventsOf("?"), false)).toBe("refused");
    expect(verdictOf(ended("budget", ["x", sorry]), eventsOf("+?"), false)).toBe("malformed");
  });

  it("is malformed where a reply that could not be read was the only one", () => {
    expect(verdictOf(ended("answered", ["?"], { answer: "?" }), eventsOf("?"), false)).toBe(
      "malformed",
    );
    expect(verdictOf(ended("answered", ["3"], { answer: "3" }), eventsOf("a"), false)).toBe(
      "wrong",
    );
  });

  it.each([
    ["model_context_exceeded", "context limit", false],
    ["model_failed", "model error", true],
    ["model_timeout", "timeout", false],
    ["backend_lost", "infrastructure", true],
  ] as const)("makes of %s a %s", (code, verdict, again) => {
    const end = ended("failed", [], { error: new CodeActError(code, "No.") });
    expect(verdictOf(end, [], false)).toBe(verdict);
    expect(isRetried(verdict)).toBe(again);
  });
});
