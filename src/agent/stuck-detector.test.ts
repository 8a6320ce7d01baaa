import { afterAll, describe, expect, it } from "vitest";
import { collect, runs, says, scripted } from "../../test/scripted-conversation.ts";
import { createBareRuntime } from "../execution/runtimes/bare-runtime.ts";
import { messageText } from "../models/model.ts";
import { createAgent } from "./agent.ts";
import { createStuckDetector } from "./stuck-detector.ts";

const runtime = createBareRuntime();
afterAll(() => runtime.close());

/** What the detector says of actions, each a letter; a capital one fails. */
function verdicts(actions: string): string[] {
  const detector = createStuckDetector();
  return [...actions].map((action) => {
    const verdict = detector.observe({
      action,
      result: action,
      failed: action !== action.toLowerCase(),
    });
    if (verdict === undefined) return "-";
    const { pattern, period, count } = verdict.repetition;
    return `${verdict.measure} ${pattern} ${period}/${count}`;
  });
}

describe("the detector", () => {
  it.each([
    [
      "AAAA",
      ["-", "told failing-action 1/2", "dropped failing-action 1/3", "ended failing-action 1/4"],
    ],
    ["aaaa", ["-", "-", "told same-result 1/3", "dropped same-result 1/4"]],
    ["abababx", ["-", "-", "-", "told cycle 2/4", "dropped cycle 2/5", "ended cycle 2/6", "-"]],
    ["xabcabc", ["-", "-", "-", "-", "-", "-", "told cycle 3/6"]],
    ["abcdabcd", ["-", "-", "-", "-", "-", "-", "-", "-"]],
    ["AAbcdEE", ["-", "told failing-action 1/2", "-", "-", "-", "-", "told failing-action 1/2"]],
  ])("says of %s what repeats", (actions, expected) => {
    expect(verdicts(actions)).toEqual(expected);
  });

  it("does not look at comments, white space and addresses", () => {
    const detector = createStuckDetector();
    const deeds = [
      ["f(1)  # first try", "<f at 0x7f01aa> failed in cell 1"],
      ["# again\nf( 1 )\n", "<f at 0x7f02bb> failed in cell 2"],
    ] as const;
    const seen = deeds.map(([action, result]) =>
      detector.observe({ action, result, failed: true }),
    );
    expect(seen[1]?.measure).toBe("told");
    const strings = createStuckDetector();
    strings.observe({ action: "f('a b')", result: "", failed: true });
    expect(strings.observe({ action: "f('ab')", result: "", failed: true })).toBeUndefined();
  });
});

describe("a wait for something", () => {
  const poll = { action: "time.sleep(5)\nprint(status())", result: "running", failed: false };

  it("may repeat itself more often, in one step or in two", () => {
    const detector = createStuckDetector();
    const seen = Array.from({ length: 11 }, () => detector.observe(poll)?.measure ?? "-");
    expect(seen.join(" ")).toBe("- - - - - - - - - told dropped");
    const steps = createStuckDetector();
    const check = { action: "print(status())", result: "running", failed: false };
    const pairs = Array.from({ length: 5 }, () => [steps.observe(poll), steps.observe(check)]);
    expect(pairs.flat().map((verdict) => verdict?.measure ?? "-")).toEqual([
      ..."-".repeat(9),
      "told",
    ]);
  });

  it("that fails the same way may be tried again", () => {
    const detector = createStuckDetector();
    const failed = { ...poll, result: "ConnectionError", failed: true };
    const seen = Array.from({ length: 10 }, () => detector.observe(failed)?.measure ?? "-");
    expect(seen.join(" ")).toBe("- - - - - - - - - told");
  });
});

describe("a run that goes round in circles", () => {
  it("is noticed when it pauses after each turn, too", async () => {
    const model = scripted(...Array.from({ length: 4 }, () => runs("1/0")), says("No."));
    await using agent = createAgent({ model, runtime });
    let result = await agent.run("the task", { pauseAfterTurns: 1 }).result;
    while (result.status === "paused") {
      result = await agent.resume({ pauseAfterTurns: result.turns + 1 }).result;
    }
    expect(result).toMatchObject({ status: "stuck", answer: "No.", turns: 5 });
  });

  it("is told, loses its repeats, and ends with the best answer", async () => {
    const failing = runs("int('x')", "I try.");
    const model = scripted(failing, failing, failing, failing, says("I could not do it."));
    await using agent = createAgent({ model, runtime });
    const events = await collect(agent.run("the task"));
    expect(events.filter((event) => event.type === "stuck-detected")).toEqual([
      {
        type: "stuck-detected",
        turn: 2,
        measure: "told",
        turnsDropped: 0,
        pattern: "failing-action",
        period: 1,
        count: 2,
      },
      {
        type: "stuck-detected",
        turn: 3,
        measure: "dropped",
        turnsDropped: 2,
        pattern: "failing-action",
        period: 1,
        count: 3,
      },
      {
        type: "stuck-detected",
        turn: 4,
        measure: "ended",
        turnsDropped: 0,
        pattern: "failing-action",
        period: 1,
        count: 4,
      },
    ]);
    expect(events.slice(-4).map((event) => event.type)).toEqual([
      "turn-start",
      "text-delta",
      "turn-end",
      "run-end",
    ]);
    expect(events.at(-1)).toMatchObject({
      result: { status: "stuck", answer: "I could not do it.", turns: 5 },
    });
    const asked = model.requests.map(({ messages }) => messages.length);
    expect(asked).toEqual([2, 4, 6, 4, 6]);
    expect(messageText(model.requests[2]!.messages.at(-1)!)).toContain("ran the same code 2 times");
    expect(messageText(model.requests[3]!.messages.at(-1)!)).toContain("2 more times in all");
    expect(agent.messages.map((message) => message.role).join(" ")).toBe(
      "system user assistant user assistant user assistant",
    );
  });

  it("goes on when the model changes its way", async () => {
    await using agent = createAgent({
      model: scripted(runs("1/0"), runs("1 / 0"), runs("print(1)"), says("Done.")),
      runtime,
    });
    expect(await agent.run("the task").result).toMatchObject({ status: "answered", turns: 4 });
  });

  it("counts replies that can't be used", async () => {
    const model = scripted(says(" "), says(" "), says(" "), says(" "), says("Sorry."));
    await using agent = createAgent({ model, runtime });
    expect(await agent.run("the task").result).toMatchObject({ status: "stuck", answer: "Sorry." });
  });
});
