import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runs, says, scripted } from "../../test/scripted-conversation.ts";
import type { Runtime } from "../execution/runtime.ts";
import { createSandboxRuntime } from "../execution/runtimes/sandbox-runtime.ts";
import { messageText } from "../models/model.ts";
import type { ModelEvent } from "../models/model.ts";
import { createAgent } from "./agent.ts";
import { CodeActError } from "../errors.ts";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createSandboxRuntime();
});
afterAll(() => runtime.close());

const breaks: readonly ModelEvent[] = [
  { type: "finish", reason: "error", error: new CodeActError("model_failed", "The line is cut.") },
];

describe("a run that is resumed", () => {
  it("goes on where it paused: same task, same variables, and its budget goes on counting", async () => {
    const model = scripted(
      runs("x = 1"),
      runs("x += 1"),
      runs("x += 1\nprint(budget.turns_left)"),
      says("It is 3."),
    );
    await using agent = createAgent({ model, runtime, budget: { turns: 4 } });
    const paused = await agent.run("Count.", { pauseAfterTurns: 2 }).result;
    expect(paused).toEqual({
      status: "paused",
      turns: 2,
      usage: { inputTokens: 20, outputTokens: 4 },
    });
    const run = agent.resume();
    const turns: number[] = [];
    for await (const event of run) if (event.type === "turn-start") turns.push(event.turn);
    expect(turns).toEqual([3, 4]);
    expect(await run.result).toMatchObject({
      status: "answered",
      answer: "It is 3.",
      turns: 4,
      usage: { inputTokens: 40, outputTokens: 8 },
    });
    const texts = agent.messages.map(messageText);
    expect(texts.filter((text) => text.includes("Count."))).toHaveLength(1);
    // With the third turn begun, one is left.
    expect(texts.at(-2)).toContain("1\n");
    expect(() => agent.resume()).toThrow("There is no run to go on with.");
  });

  it("goes on after a fault of the model, and pauses again", async () => {
    const model = scripted(runs("x = 5"), breaks, runs("x"), says("5"));
    await using agent = createAgent({ model, runtime });
    expect(await agent.run("Look.").result).toMatchObject({ status: "failed", turns: 2 });
    expect(await agent.resume({ pauseAfterTurns: 3 }).result).toMatchObject({
      status: "paused",
      turns: 3,
    });
    expect(await agent.resume().result).toMatchObject({
      status: "answered",
      answer: "5",
      turns: 4,
    });
  });

  it("asks the model to go on after its last words, with a larger budget", async () => {
    const model = scripted(runs("x = 1"), says("I only know x."), runs("x + 1"), says("2"));
    await using agent = createAgent({ model, runtime, budget: { executions: 1 } });
    expect(await agent.run("Add one.").result).toMatchObject({ status: "budget", turns: 2 });
    expect(await agent.resume({ budget: { executions: 5 } }).result).toMatchObject({
      status: "answered",
      answer: "2",
      turns: 4,
    });
    expect(agent.messages.map(messageText)).toContain("Go on with the task.");
  });

  it("still wants the answer that was asked for", async () => {
    const model = scripted(runs("x = 1"), says("wrong"), says("right"));
    await using agent = createAgent({ model, runtime });
    const answer = { check: (text: unknown) => text === "right" };
    await agent.run("Say it.", { answer, pauseAfterTurns: 1 }).result;
    expect(await agent.resume().result).toMatchObject({ answer: "right", turns: 3 });
  });

  it("tells the model what was wrong with the answer that ended it, and counts refusals anew", async () => {
    const model = scripted(says("a"), says("b"), says("c"), says("right"));
    await using agent = createAgent({ model, runtime });
    const check = (text: unknown) => text === "right" || `${String(text)} is wrong`;
    const answer = { check, maxRejections: 1 };
    expect(await agent.run("Say it.", { answer }).result).toMatchObject({
      status: "rejected",
      answer: "b",
    });
    expect(await agent.resume().result).toMatchObject({ status: "answered", turns: 4 });
    expect(agent.messages.map(messageText).slice(3)).toEqual([
      "Your answer was not accepted: a is wrong. Correct it and answer again.",
      "b",
      "Your answer was not accepted: b is wrong. Correct it and answer again.",
      "c",
      "Your answer was not accepted: c is wrong. Correct it and answer again.",
      "right",
    ]);
  });

  it("tells what was wrong with an answer that came from code", async () => {
    const model = scripted(runs("final_answer(1)"), runs("final_answer(2)"));
    await using agent = createAgent({ model, runtime });
    const answer = { check: (value: unknown) => value === 2 || "it is odd", maxRejections: 0 };
    expect(await agent.run("Give 2.", { answer }).result).toMatchObject({ status: "rejected" });
    expect(await agent.resume().result).toMatchObject({ status: "answered", value: 2 });
    expect(messageText(model.requests[1]!.messages.at(-1)!)).toContain(
      "Your answer was not accepted: it is odd.",
    );
  });

  it("goes on within the budget of a fork", async () => {
    const model = scripted(runs("x = 1"), runs("x"), says("1"));
    await using agent = createAgent({ model, runtime });
    await agent.run("Look.", { pauseAfterTurns: 1 }).result;
    await using fork = await agent.fork({ budget: { turns: 2 } });
    expect(await fork.resume().result).toMatchObject({ status: "budget", turns: 2 });
    expect(await agent.resume().result).toMatchObject({ status: "answered", turns: 2 });
  });

  it("does not pause where it is already, and not when its budget is used up", async () => {
    const model = scripted(runs("1"), runs("2"), says("3"));
    await using agent = createAgent({ model, runtime, budget: { turns: 2 } });
    expect(() => agent.run("Look.", { pauseAfterTurns: 0 })).toThrow("can't pause after turn 0");
    await agent.run("Look.", { pauseAfterTurns: 1 }).result;
    expect(() => agent.resume({ pauseAfterTurns: 1 })).toThrow(
      "The run can't pause after turn 1: it has had 1 already.",
    );
    expect(await agent.resume({ pauseAfterTurns: 2 }).result).toMatchObject({
      status: "budget",
      turns: 2,
    });
    expect(await agent.resume({ budget: { turns: 3 } }).result).toMatchObject({ answer: "3" });
  });

  it("gives a task that never reached the model to it", async () => {
    const model = scripted(says("Hello."));
    await using agent = createAgent({ model, runtime });
    const signal = AbortSignal.abort();
    expect(await agent.run("Greet.", { signal }).result).toMatchObject({ status: "aborted" });
    expect(await agent.resume().result).toMatchObject({ status: "answered", turns: 1 });
    expect(agent.messages.map(messageText).slice(1)).toEqual(["Greet.", "Hello."]);
  });
});
