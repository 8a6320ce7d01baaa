import { describe, expect, it } from "vitest";
import type { AgentEvent } from "../agent/events.ts";
import type { Usage } from "../models/model.ts";
import { createContextNotes } from "./context-notes.ts";
import type { Trajectory } from "./trajectory.ts";

function contextNotes(plays: readonly Trajectory[]): readonly string[] {
  const notes = createContextNotes();
  expect([...notes.watch(plays)]).toEqual(plays);
  return notes.texts();
}

const play = (model: string, rest: Partial<Trajectory> = {}): Trajectory =>
  ({ model, verdict: "wrong", events: [], ...rest }) as unknown as Trajectory;

/** The ends of turns in which so many tokens were read, and events between them. */
const turns = (...parts: readonly (number | Partial<Usage> | AgentEvent["type"])[]) =>
  parts.map((part) => {
    if (typeof part === "string") return { type: part };
    const read = typeof part === "number" ? { inputTokens: part } : part;
    return { type: "turn-end", usage: { inputTokens: 0, outputTokens: 9, ...read } };
  }) as unknown as readonly AgentEvent[];

describe("context notes", () => {
  it("counts the plays that ended at the context limit, and says what the server said", () => {
    const error = { code: "model_context_exceeded", message: "It is too long for m." };
    const full = play("m", { verdict: "context limit", error });
    expect(contextNotes([full, full, play("m"), play("n")])).toEqual([
      "2 of 3 plays ended at the context limit. The first: It is too long for m. " +
        "Give the model's server a larger context, and play again with another --out.",
    ]);
  });

  it("notices a server that leaves the start of a conversation out", () => {
    const notes = contextNotes([play("m", { events: turns(1958, 161, 307) }), play("m")]);
    expect(notes).toEqual([
      expect.stringMatching(/^In 1 of 2 plays the server of m seems to have left out the start/),
    ]);
  });

  it.each([
    ["grows", turns(1000, 1200, 1400)],
    ["was shortened by the agent", turns(3000, "compaction", 3900, 800)],
    ["was read twice for a plan", turns("plan-start", 2000, 1100)],
    ["was freed of repetitions", turns(3000, "stuck-detected", 800)],
    ["is counted with a small difference", turns(1000, 990)],
    ["was estimated in between", turns(1000, { inputTokens: 600, estimated: true }, 1500)],
    ["was not counted in between", turns(1000, 0, 1200)],
  ])("says nothing where the conversation %s", (_, events) => {
    expect(contextNotes([play("m", { events })])).toEqual([]);
  });
});
