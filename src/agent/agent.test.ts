import { afterAll, describe, expect, it } from "vitest";
import { collect, says, scripted, stable } from "../../test/scripted-conversation.ts";
import { CodeActError } from "../errors.ts";
import { createBareRuntime } from "../execution/runtimes/bare-runtime.ts";
import type { Session } from "../execution/session.ts";
import { messageText, textMessage } from "../models/model.ts";
import type { Model } from "../models/model.ts";
import { createAgent } from "./agent.ts";
import type { AgentOptions } from "./agent-options.ts";
import type { AgentEvent } from "./events.ts";

const runtime = createBareRuntime();
afterAll(() => runtime.close());

/** Runs one task on a fresh agent that closes its own session. */
async function runOnce(
  model: Model,
  options: Partial<AgentOptions> = {},
  signal?: AbortSignal,
): Promise<{ events: AgentEvent[]; history: string[] }> {
  await using agent = createAgent({ model, runtime, ...options } as AgentOptions);
  const events = await collect(agent.run("the task", signal ? { signal } : {}));
  return { events, history: agent.messages.map((m) => `${m.role}: ${messageText(m)}`) };
}

const usage = { inputTokens: 10, outputTokens: 2 };

describe("a run", () => {
  it("runs code, shows the model what came of it, and ends with the answer", async () => {
    const model = scripted(
      says("I add.\n", "<execute>\nx = 20 + 1\nprint(x)\n</execute>"),
      says("It is 21."),
    );
    const { events, history } = await runOnce(model);
    expect(stable(events)).toEqual([
      { type: "run-start", task: "the task", modelId: "scripted" },
      { type: "turn-start", turn: 1 },
      { type: "text-delta", turn: 1, text: expect.stringContaining("I add.") },
      { type: "code-delta", turn: 1, text: expect.stringContaining("x = 20 + 1\nprint(x)") },
      { type: "code-complete", turn: 1, code: "x = 20 + 1\nprint(x)" },
      { type: "cell-start", turn: 1, code: "x = 20 + 1\nprint(x)" },
      { type: "output", turn: 1, output: { type: "stream", name: "stdout", text: "21\n" } },
      { type: "cell-end", turn: 1, outcome: "ok" },
      { type: "turn-end", turn: 1, usage },
      { type: "turn-start", turn: 2 },
      { type: "text-delta", turn: 2, text: "It is 21." },
      { type: "turn-end", turn: 2, usage },
      {
        type: "run-end",
        result: {
          status: "answered",
          answer: "It is 21.",
          turns: 2,
          usage: { inputTokens: 20, outputTokens: 4 },
        },
      },
    ]);
    expect(history.slice(1)).toEqual([
      "user: the task",
      expect.stringMatching(/^assistant: I add\.\n<execute>/),
      expect.stringMatching(/^user: [^]*21/),
      "assistant: It is 21.",
    ]);
    expect(model.requests[1]?.messages).toHaveLength(4);
  });

  it("lets the model repair code that raised", async () => {
    const { events, history } = await runOnce(
      scripted(
        says("<execute>\n1 / 0\n</execute>"),
        says("<execute>\nprint('repaired')\n</execute>"),
        says("Done."),
      ),
    );
    const statuses = events.flatMap((e) => (e.type === "cell-end" ? [e.outcome.status] : []));
    expect(statuses).toEqual(["error", "ok"]);
    expect(history[3]).toContain("ZeroDivisionError");
    expect(events.at(-1)).toMatchObject({ result: { status: "answered", turns: 3 } });
  });

  it("tells the model why its reply could not be used", async () => {
    const { events, history } = await runOnce(scripted(says(" \n"), says("The answer.")));
    expect(events.map((event) => event.type)).toEqual([
      "run-start",
      "turn-start",
      "text-delta",
      "reply-malformed",
      "turn-end",
      "turn-start",
      "text-delta",
      "turn-end",
      "run-end",
    ]);
    const reason = events.find((event) => event.type === "reply-malformed")?.reason;
    expect(history[1]).toBe(`user: the task\n\n${reason}`);
  });

  it("does not run code that the length limit cut off", async () => {
    const { events } = await runOnce(
      scripted(
        [
          { type: "text-delta", text: "<execute>\nprint('half" },
          { type: "finish", reason: "length" },
        ],
        says("Fine."),
      ),
    );
    expect(events.some((event) => event.type === "cell-start")).toBe(false);
    expect(events.find((event) => event.type === "reply-malformed")).toBeDefined();
    expect(events.at(-1)).toMatchObject({ result: { status: "answered", answer: "Fine." } });
  });

  it("asks for the answer in the last turn and stops after it", async () => {
    const model = scripted(
      says("<execute>\nprint(1)\n</execute>"),
      says("<execute>\nprint(2)\n</execute>"),
    );
    const { events } = await runOnce(model, { maxTurns: 2 });
    const asked = model.requests.map(({ messages }) => messageText(messages.at(-1)!));
    expect(asked[0]).not.toContain("last turn");
    expect(asked[1]).toContain("This is your last turn");
    expect(events.at(-1)).toEqual({
      type: "run-end",
      result: {
        status: "budget",
        budget: "turns",
        turns: 2,
        usage: { inputTokens: 20, outputTokens: 4 },
      },
    });
  });

  it("leaves the model's stream once the action is complete", async () => {
    let wasLeft = false;
    const { events } = await runOnce(
      scripted(async function* () {
        try {
          yield { type: "text-delta", text: "<execute>\nprint(1)\n</execute>" };
          yield { type: "text-delta", text: "\nExecution Output: 7" };
          yield { type: "text-delta", text: " never read" };
        } finally {
          wasLeft = true;
        }
        yield { type: "finish", reason: "stop" };
      }, says("It is 1.")),
    );
    expect(wasLeft).toBe(true);
    // The service had no time to tell; the budget does not take the reply for free.
    const ends = events.filter((event) => event.type === "turn-end");
    expect(ends[0]!.usage).toEqual({
      inputTokens: expect.any(Number),
      outputTokens: 13,
      estimated: true,
    });
    expect(ends[0]!.usage.inputTokens).toBeGreaterThan(50);
    expect(ends[1]!.usage).toEqual(usage);
    expect(events.filter((event) => event.type === "text-delta")).toEqual([
      { type: "text-delta", turn: 2, text: "It is 1." },
    ]);
  });

  it("emits outputs while the cell runs", async () => {
    const controller = new AbortController();
    await using agent = createAgent({
      model: scripted(says("<execute>\nprint('first', flush=True)\nwhile True: pass\n</execute>")),
      runtime,
    });
    // The cell never ends by itself: only an output that comes before its end can abort it.
    for await (const event of agent.run("the task", { signal: controller.signal })) {
      if (event.type === "output") controller.abort();
      if (event.type === "cell-end") expect(event.outcome.status).toBe("interrupted");
      if (event.type === "run-end") expect(event.result.status).toBe("aborted");
    }
    expect(messageText(agent.messages.at(-1)!)).toContain("first");
  });
});

describe("an earlier conversation", () => {
  it("is gone on with, and the system message is made when it has none", async () => {
    const model = scripted(says("Blue."));
    const messages = [textMessage("user", "Think of a colour."), textMessage("assistant", "Done.")];
    const { history } = await runOnce(model, { messages });
    expect(history).toEqual([
      expect.stringMatching(/^system: /),
      "user: Think of a colour.",
      "assistant: Done.",
      "user: the task",
      "assistant: Blue.",
    ]);
    expect(messages).toHaveLength(2);
  });

  it("keeps its own system message", async () => {
    const { history } = await runOnce(scripted(says("Yes.")), {
      messages: [textMessage("system", "Be brief.")],
    });
    expect(history).toEqual(["system: Be brief.", "user: the task", "assistant: Yes."]);
  });
});

describe("input()", () => {
  it("is answered through the agent", async () => {
    const asked: unknown[] = [];
    const { history } = await runOnce(
      scripted(says("<execute>\nprint(input('Name? ').upper())\n</execute>"), says("Hello, Ada.")),
      {
        onInput: (prompt, { password }) => {
          asked.push([prompt, password]);
          return "Ada";
        },
      },
    );
    expect(asked).toEqual([["Name? ", false]]);
    expect(history[3]).toContain("ADA");
  });
});

describe("faults", () => {
  const overloaded = new CodeActError("model_unreachable", "The model is away.");

  it("ends as failed when the model fails, and keeps its text", async () => {
    const { events, history } = await runOnce(
      scripted([
        { type: "text-delta", text: "I will" },
        { type: "finish", reason: "error", error: overloaded },
      ]),
    );
    expect(events.map((event) => event.type)).toEqual([
      "run-start",
      "turn-start",
      "text-delta",
      "turn-end",
      "run-end",
    ]);
    expect(events.at(-1)).toMatchObject({ result: { status: "failed", error: overloaded } });
    expect(history).toContain("assistant: I will");
  });

  it("ends as failed when the model throws against its contract", async () => {
    const { events } = await runOnce(scripted());
    expect(events.at(-1)).toMatchObject({
      result: { status: "failed", error: { code: "model_failed" } },
    });
  });

  it("ends as failed when the session is gone", async () => {
    const session = await runtime.open();
    await session.close();
    await using agent = createAgent({
      model: scripted(says("<execute>\nprint(1)\n</execute>")),
      session,
    });
    expect(await agent.run("the task").result).toMatchObject({
      status: "failed",
      error: { code: "session_closed" },
    });
  });

  it("ends as failed when the interpreter can't be opened", async () => {
    await using broken = createBareRuntime({ python: "/does/not/exist" });
    const { events } = await runOnce(scripted(), { runtime: broken });
    expect(events.map((event) => event.type)).toEqual(["run-start", "run-end"]);
    expect(events.at(-1)).toMatchObject({
      result: { status: "failed", turns: 0, error: { code: "python_not_found" } },
    });
  });
});

describe("aborting", () => {
  it("keeps the text that had streamed", async () => {
    const controller = new AbortController();
    const { events, history } = await runOnce(
      scripted(async function* ({ signal }) {
        yield { type: "text-delta", text: "Let me think" };
        controller.abort();
        yield { type: "finish", reason: signal?.aborted ? "aborted" : "stop" };
      }),
      {},
      controller.signal,
    );
    expect(events.at(-1)).toMatchObject({ result: { status: "aborted", turns: 1 } });
    expect(history.at(-2)).toBe("assistant: Let me think");
    expect(history.at(-1)).toContain("interrupted this reply");
  });

  it("ends as aborted when the model throws because it was stopped", async () => {
    const controller = new AbortController();
    const model = scripted(async function* ({ signal }) {
      yield { type: "text-delta", text: "Hel" } as const;
      controller.abort();
      signal!.throwIfAborted();
    });
    const { events, history } = await runOnce(model, {}, controller.signal);
    expect(events.at(-1)).toMatchObject({ result: { status: "aborted" } });
    expect(history.at(-1)).toMatch(/The user interrupted this reply/);
  });

  it("runs nothing when the signal fired before", async () => {
    const { events } = await runOnce(scripted(), {}, AbortSignal.abort());
    expect(events.map((event) => event.type)).toEqual(["run-start", "run-end"]);
    expect(events.at(-1)).toMatchObject({ result: { status: "aborted", turns: 0 } });
  });
});

describe("a conversation", () => {
  it("keeps history, variables and the session from run to run", async () => {
    const model = scripted(
      says("<execute>\nx = 41\n</execute>"),
      says("Stored."),
      says("<execute>\nprint(x + 1)\n</execute>"),
      says("42."),
    );
    await using agent = createAgent({ model, runtime });
    expect(agent.session).toBeUndefined();
    await agent.run("store 41").result;
    const session = agent.session;
    const run = agent.run("add one");
    // Events are not lost when nobody reads in time.
    expect(await run.result).toMatchObject({ status: "answered", answer: "42." });
    expect(stable(await collect(run))).toContainEqual({
      type: "output",
      turn: 1,
      output: { type: "stream", name: "stdout", text: "42\n" },
    });
    expect(agent.session).toBe(session);
    expect(agent.messages.map((message) => message.role).join(" ")).toBe(
      "system user assistant user assistant user assistant user assistant",
    );
  });

  it("takes one task at a time and none after it was closed", async () => {
    const agent = createAgent({ model: scripted(says("One."), says("Two.")), runtime });
    const first = agent.run("first");
    expect(() => agent.run("second")).toThrow(/working on another task/);
    await first.result;
    expect(await agent.run("second").result).toMatchObject({ answer: "Two." });
    await agent.close();
    expect(() => agent.run("third")).toThrow(/was closed/);
  });

  it("closes the session that it opened, not one that was passed in", async () => {
    const own = createAgent({ model: scripted(says("Hi.")), runtime });
    await own.run("hello").result;
    const opened = own.session as Session;
    await own.close();
    await expect(opened.execute("1")).rejects.toMatchObject({ code: "session_closed" });

    await using passed = await runtime.open();
    const guest = createAgent({ model: scripted(says("Hi.")), session: passed });
    await guest.run("hello").result;
    await guest.close();
    expect(await passed.execute("1")).toMatchObject({ status: "ok" });
  });

  it("refuses a turn limit that is no whole number from 1", () => {
    expect(() => createAgent({ model: scripted(), runtime, maxTurns: 0 })).toThrow(/whole number/);
  });
});
