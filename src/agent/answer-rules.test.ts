import { afterAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { collect, runs, says, scripted, stable } from "../../test/scripted-conversation.ts";
import { createBareRuntime } from "../execution/runtimes/bare-runtime.ts";
import { messageText } from "../models/model.ts";
import { createAgent } from "./agent.ts";
import type { AnswerContext } from "./answer-rules.ts";
import { runCheck } from "./run-check.ts";

const runtime = createBareRuntime();
afterAll(() => runtime.close());

const schema = z.object({ car: z.string(), litres: z.number().positive() });
const usage = { inputTokens: 10, outputTokens: 2 };

describe("an answer with a schema", () => {
  it("goes back to the model until it fits, and becomes the result's value", async () => {
    const model = scripted(
      says("The Fiat uses the least fuel."),
      says('Here it is:\n```json\n{"car": "Fiat", "litres": -1}\n```'),
      says('```json\n{"car": "Fiat", "litres": 4.1}\n```\nThat is all.'),
    );
    await using agent = createAgent({ model, runtime });
    const run = agent.run("Which car?", { answer: { schema } });
    const events = await collect(run);
    expect(events.filter((event) => event.type === "answer-refused")).toEqual([
      { type: "answer-refused", turn: 1, reason: expect.stringContaining("it holds no JSON") },
      { type: "answer-refused", turn: 2, reason: expect.stringMatching(/>0[^]*at litres/) },
    ]);
    const { value, status, turns } = await run.result;
    expect({ status, turns, litres: value?.litres }).toEqual({
      status: "answered",
      turns: 3,
      litres: 4.1,
    });
    expect(messageText(model.requests[0]!.messages[1]!)).toContain('"required":["car","litres"]');
    expect(agent.messages.map((message) => message.role).join(" ")).toBe(
      "system user assistant user assistant user assistant",
    );
  });

  it("may come from code, as data", async () => {
    const model = scripted(
      runs("final_answer({'car': 'Fiat'})"),
      runs("best = {'car': 'Fiat', 'litres': 4.1}\nfinal_answer(best)"),
    );
    await using agent = createAgent({ model, runtime });
    const run = agent.run("Which car?", { answer: { schema } });
    expect(stable(await collect(run)).slice(-6)).toEqual([
      { type: "code-complete", turn: 2, code: expect.anything() },
      { type: "cell-start", turn: 2, code: expect.anything() },
      { type: "cell-end", turn: 2, outcome: "ok" },
      {
        type: "final-answer",
        turn: 2,
        text: '{\n "car": "Fiat",\n "litres": 4.1\n}',
        value: { car: "Fiat", litres: 4.1 },
      },
      { type: "turn-end", turn: 2, usage },
      {
        type: "run-end",
        result: {
          status: "answered",
          answer: '{\n "car": "Fiat",\n "litres": 4.1\n}',
          value: { car: "Fiat", litres: 4.1 },
          turns: 2,
          usage: { inputTokens: 20, outputTokens: 4 },
        },
      },
    ]);
    expect(messageText(agent.messages.at(-2)!)).toBe(
      "Execution Output:\n[Code executed successfully with no output]",
    );
    expect(agent.messages.at(-1)?.role).toBe("assistant");
  });

  it("does not count when its cell fails", async () => {
    const model = scripted(runs("final_answer(1)\n1/0"), says("2"));
    await using agent = createAgent({ model, runtime });
    const result = await agent.run("n?", { answer: { schema: { type: "number" } } }).result;
    expect(result).toMatchObject({ status: "answered", value: 2, turns: 2 });
  });

  it("ends the run when it is refused too often", async () => {
    const model = scripted(says("a"), says("b"));
    await using agent = createAgent({ model, runtime });
    const result = await agent.run("n?", { answer: { schema: z.number(), maxRejections: 1 } })
      .result;
    expect(result).toMatchObject({
      status: "rejected",
      answer: "b",
      rejection: expect.stringContaining("it holds no JSON"),
      turns: 2,
    });
  });

  it("takes plain words for a schema of text", async () => {
    await using agent = createAgent({ model: scripted(says("maybe"), says(" yes ")), runtime });
    const result = await agent.run("?", { answer: { schema: z.enum(["yes", "no"]) } }).result;
    expect(result).toMatchObject({ status: "answered", value: "yes", turns: 2 });
  });

  it("may be looked up by a schema that takes its time", async () => {
    const schema = z.string().refine(async (name) => name === "Ann", { error: "is not known" });
    await using agent = createAgent({ model: scripted(says("Bob"), says("Ann")), runtime });
    const result = await agent.run("?", { answer: { schema } }).result;
    expect(result).toMatchObject({ status: "answered", value: "Ann", turns: 2 });
  });

  it("refuses a schema that is none", async () => {
    await using agent = createAgent({ model: scripted(), runtime });
    expect(() => agent.run("?", { answer: { schema: { $ref: "#/nowhere" } } })).toThrow(
      /schema of the answer/,
    );
  });
});

describe("a check", () => {
  it("sends the model back with its reason, and may look at the session", async () => {
    const model = scripted(runs("x = 41"), says("41"), runs("x += 1"), says("42"));
    await using agent = createAgent({ model, runtime });
    const result = await agent.run("?", {
      answer: {
        check: async (_, { text, session }) => {
          const outcome = await session.execute(`assert x == 42 and "${text}" == "42"`);
          return outcome.status === "ok" || "the number is not right";
        },
      },
    }).result;
    expect(result).toEqual({
      status: "answered",
      answer: "42",
      turns: 4,
      usage: { inputTokens: 40, outputTokens: 8 },
    });
    expect(messageText(model.requests[2]!.messages.at(-1)!)).toBe(
      "Your answer was not accepted: the number is not right. Correct it and answer again.",
    );
  });

  it("is interrupted with the run, which goes on later as if it had not been asked", async () => {
    await using agent = createAgent({ model: scripted(says("1"), says("2")), runtime });
    const stop = new AbortController();
    const check = async (text: unknown, { session, signal }: AnswerContext) => {
      if (text === "2") return true;
      setTimeout(() => stop.abort(), 50);
      return await runCheck(session, "while True: pass", { answer: "1" }, signal);
    };
    const events = await collect(agent.run("Say.", { answer: { check }, signal: stop.signal }));
    expect(events.at(-1)).toMatchObject({ result: { status: "aborted", turns: 1 } });
    expect(events.map(({ type }) => type)).not.toContain("answer-refused");
    expect(await agent.resume().result).toMatchObject({ status: "answered", answer: "2" });
    expect(agent.messages.map(messageText).slice(1)).toEqual([
      "Say.",
      "1",
      "Go on with the task.",
      "2",
    ]);
  });

  it("ends the run when it throws, and costs the interpreter nothing", async () => {
    const model = scripted(runs("x = 41"), says("41"), runs("print(x)"), says("41"));
    await using agent = createAgent({ model, runtime });
    const check = (): boolean => {
      throw new Error("the database is away");
    };
    const { status, error } = await agent.run("?", { answer: { check } }).result;
    expect([status, error?.code, error?.message]).toEqual([
      "failed",
      "unexpected",
      "The check of the answer has failed: the database is away",
    ]);
    expect(await agent.run("And x?").result).toMatchObject({ status: "answered" });
    expect(messageText(agent.messages.at(-2)!)).toBe("Execution Output:\n41");
  });
});
