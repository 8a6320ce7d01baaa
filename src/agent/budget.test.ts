import { afterAll, describe, expect, it } from "vitest";
import { runs, says, scripted, stable, collect } from "../../test/scripted-conversation.ts";
import { createBareRuntime } from "../execution/runtimes/bare-runtime.ts";
import { messageText } from "../models/model.ts";
import type { Model } from "../models/model.ts";
import { createAgent } from "./agent.ts";
import { createBudgetMeter } from "./budget.ts";
import type { Budget } from "./budget.ts";
import type { AgentEvent } from "./events.ts";

const runtime = createBareRuntime();
afterAll(() => runtime.close());

async function runWith(
  model: Model,
  budget: Budget,
): Promise<{ events: AgentEvent[]; history: string[] }> {
  await using session = await runtime.open();
  await using agent = createAgent({ model, session });
  const events = await collect(agent.run("the task", { budget }));
  return { events, history: agent.messages.map((m) => `${m.role}: ${messageText(m)}`) };
}

const usage = { inputTokens: 10, outputTokens: 2 };

describe("a run's budget", () => {
  it("warns, then asks for the answer without code, and returns it", async () => {
    const { events, history } = await runWith(
      scripted(runs("1", "I look."), runs("2"), says("About 2.")),
      { tokens: 24 },
    );
    expect(stable(events).slice(7)).toEqual([
      { type: "cell-end", turn: 1, outcome: "ok" },
      { type: "turn-end", turn: 1, usage },
      { type: "turn-start", turn: 2 },
      { type: "code-delta", turn: 2, text: expect.anything() },
      { type: "code-complete", turn: 2, code: "2" },
      { type: "cell-start", turn: 2, code: "2" },
      { type: "output", turn: 2, output: { type: "value", data: { "text/plain": "2" } } },
      { type: "cell-end", turn: 2, outcome: "ok" },
      { type: "turn-end", turn: 2, usage },
      { type: "turn-start", turn: 3 },
      { type: "text-delta", turn: 3, text: "About 2." },
      { type: "turn-end", turn: 3, usage },
      {
        type: "run-end",
        result: {
          status: "budget",
          budget: "tokens",
          answer: "About 2.",
          turns: 3,
          usage: { inputTokens: 30, outputTokens: 6 },
        },
      },
    ]);
    expect(history.at(-2)).toContain("The budget of tokens is used up");
    expect(history.at(-1)).toBe("assistant: About 2.");
  });

  it("returns the last prose when the model acts to the end", async () => {
    const model = scripted(runs("1", "It may be 1."), runs("2"), runs("3"));
    const { events, history } = await runWith(model, { executions: 2 });
    const cells = events.filter((event) => event.type === "cell-start");
    expect(cells).toHaveLength(2);
    expect(events.filter((event) => event.type === "budget-low")).toEqual([
      { type: "budget-low", turn: 2, budget: "executions" },
    ]);
    expect(events.at(-1)).toMatchObject({
      result: { status: "budget", budget: "executions", partialAnswer: "It may be 1.", turns: 3 },
    });
    expect(history[3]).toContain("You can run code only once more");
    expect(model.requests[2]?.maxOutputTokens).toBe(1024);
  });

  it("tells the code what is left", async () => {
    const { events } = await runWith(
      scripted(runs("print(budget)\nbudget = 1"), runs("del budget\nprint(budget)"), says("Done.")),
      { turns: 5, tokens: 1000 },
    );
    const printed = stable(events).flatMap((event) => {
      const { output } = event as { output?: { text: string } };
      return output === undefined ? [] : [output.text];
    });
    expect(printed).toEqual([
      "<budget left: 4 of 5 turns, 988 of 1,000 tokens>\n",
      "<budget left: 3 of 5 turns, 976 of 1,000 tokens>\n",
    ]);
  });

  it("counts money by the model's price", async () => {
    const model = { ...scripted(runs("1"), says("One.")), price: { input: 1e5, output: 0 } };
    const { events } = await runWith(model, { costUsd: 1 });
    expect(events.at(-1)).toMatchObject({
      result: { status: "budget", budget: "costUsd", answer: "One.", costUsd: 2 },
    });
    await using agent = createAgent({ model: scripted(), runtime });
    expect(() => agent.run("the task", { budget: { costUsd: 1 } })).toThrow(/price .* not known/);
  });

  it("interrupts a cell and a reply when the time is over, and still asks for the answer", async () => {
    const cell = await runWith(scripted(runs("while True: pass"), says("No luck.")), {
      seconds: 1,
    });
    const statuses = cell.events.flatMap((e) => (e.type === "cell-end" ? [e.outcome.status] : []));
    expect(statuses).toEqual(["interrupted"]);
    expect(cell.events.at(-1)).toMatchObject({
      result: { status: "budget", budget: "seconds", answer: "No luck.", turns: 2 },
    });
    const reply = await runWith(
      scripted(async function* ({ signal }) {
        yield { type: "text-delta", text: "Let me think" };
        await new Promise((resolve) => signal?.addEventListener("abort", resolve));
        yield { type: "finish", reason: "aborted" };
      }, says("No luck.")),
      { seconds: 0.3 },
    );
    expect(reply.events.at(-1)).toMatchObject({
      result: { status: "budget", budget: "seconds", answer: "No luck." },
    });
    expect(reply.history.map((line) => line.split(":")[0])).toEqual([
      "system",
      "user",
      "assistant",
      "user",
      "assistant",
    ]);
    // It was no person who stopped it.
    expect(reply.history[3]).toMatch(/^user: The time was over before this reply had ended\./);
  });

  it.each([5_000_000_000, 77.7777])("takes %d seconds", async (seconds) => {
    const { events } = await runWith(scripted(runs("1"), says("1")), { seconds, executions: 1 });
    expect(events.at(-1)).toMatchObject({ result: { status: "budget", answer: "1" } });
  });

  it("refuses limits that are none", async () => {
    await using agent = createAgent({ model: scripted(), runtime });
    expect(() => agent.run("x", { budget: { turns: 1.5 } })).toThrow(/whole number from 1/);
    expect(() => agent.run("x", { budget: { seconds: 0 } })).toThrow(/above 0/);
  });
});

describe("the meter", () => {
  it("warns when another turn like the last would not fit", () => {
    const clock = { now: 0 };
    const meter = createBudgetMeter(
      { tokens: 100, seconds: 1000 },
      { id: "m" },
      { now: () => clock.now },
    );
    meter.startTurn();
    meter.spend({ inputTokens: 30, outputTokens: 10 });
    expect(meter.runsLow()).toBeUndefined();
    meter.startTurn();
    meter.spend({ inputTokens: 30, outputTokens: 0 });
    meter.startTurn();
    expect(meter.runsLow()).toBeUndefined();
    meter.spend({ inputTokens: 5, outputTokens: 0 });
    expect(meter.runsLow()).toBe("tokens");
    expect(meter.runsLow()).toBeUndefined();
    clock.now = 950_000;
    expect(meter.runsLow()).toBe("seconds");
    expect(meter.exhausted()).toBeUndefined();
    clock.now = 1_000_000;
    expect(meter.exhausted()).toBe("seconds");
    expect(meter.left()).toEqual({
      tokens: { left: 25, limit: 100 },
      seconds: { left: 0, limit: 1000 },
    });
  });
});
