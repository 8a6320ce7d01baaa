import { afterAll, describe, expect, it } from "vitest";
import { collect, runs, says, scripted } from "../../test/scripted-conversation.ts";
import { CodeActError } from "../errors.ts";
import { createBareRuntime } from "../execution/runtimes/bare-runtime.ts";
import { createCodeFormat } from "../formats/code-format.ts";
import { messageText } from "../models/model.ts";
import type { Message, Model, ModelEvent } from "../models/model.ts";
import { createAgent } from "./agent.ts";
import { createCompactor } from "./compaction.ts";
import { appendAssistant, appendUser, textPart } from "./history.ts";

const runtime = createBareRuntime();
afterAll(() => runtime.close());

const tooLong: readonly ModelEvent[] = [
  {
    type: "finish",
    reason: "error",
    error: new CodeActError("model_context_exceeded", "The conversation is too long."),
  },
];

/** A format whose instructions count for nothing in the size of a prompt. */
const format = { ...createCodeFormat(), instructions: () => "Act." };

function roles(messages: readonly Message[]): string {
  return messages.map(({ role }) => role[0]).join("");
}

describe("compaction", () => {
  it("replaces old turns by what was done, what lives and what was asked", async () => {
    const model = scripted(
      runs("rows = [1, 2, 3]\nprint('loaded', len(rows))\nprint('q' * 2000)", "I load."),
      runs("rows.missing"),
      runs("open('out.csv', 'w').write('x' * 10)"),
      runs("print('y' * 2000)"),
      runs("print(sum(rows))"),
      says("It is 6."),
    );
    // What the scripted model reports, 10 tokens, would make every text look small.
    const silent = {
      ...model,
      stream: (request: Parameters<typeof model.stream>[0]) => withoutUsage(model.stream(request)),
    };
    await using quiet = createAgent({
      model: silent,
      runtime,
      format,
      compaction: { contextTokens: 1450, keepTurns: 2 },
    });
    const events = await collect(quiet.run("Add up the rows.\nKeep a file."));
    const compactions = events.filter((event) => event.type === "compaction");
    expect(compactions).toEqual([
      {
        type: "compaction",
        turn: 5,
        reason: "threshold",
        turnsReplaced: 2,
        tokensBefore: expect.any(Number),
        tokensAfter: expect.any(Number),
      },
    ]);
    const asked = model.requests[4]!.messages;
    expect(roles(asked)).toBe("suauau");
    expect(messageText(asked[1]!).replace(/q{50,} \.\.\. q+/, "QQQ"))
      .toBe(`[The earlier part of this conversation was left out to save space. This is what matters of it.]

## What was done
- cell 1: \`rows = [1, 2, 3]; print('loaded', len(rows)); print('q' * 2000)\` gave loaded 3 ⏎ QQQ
- cell 2: \`rows.missing\` gave an error: AttributeError: 'list' object has no attribute 'missing'

The whole output of each cell can be read again in code: cell_output(number) returns it as text.

## Variables that are alive in the interpreter
- rows: list 3, [1, 2, 3]

## Files in the current folder
- out.csv (10 bytes)

## The task
Add up the rows.
Keep a file.`);
    expect(events.at(-1)).toMatchObject({ result: { status: "answered", answer: "It is 6." } });
  });

  it("compacts and asks again when the service refuses the prompt, once", async () => {
    const model = scripted(
      runs("print('a' * 9000)"),
      runs("print('b' * 9000)"),
      tooLong,
      says("Done."),
      says("Fine."),
      tooLong,
      tooLong,
    );
    await using agent = createAgent({ model, runtime });
    const events = await collect(agent.run("the task"));
    expect(events.slice(-6).map((event) => event.type)).toEqual([
      "turn-end",
      "turn-start",
      "compaction",
      "text-delta",
      "turn-end",
      "run-end",
    ]);
    const asked = model.requests[3]!.messages;
    expect(roles(asked)).toBe("suau");
    expect(messageText(asked[1]!)).toContain("## The task\nthe task");
    expect(messageText(asked.at(-1)!).length).toBeLessThan(2200);
    await agent.run("another task").result;
    const failed = await agent.run("a third task").result;
    expect(failed).toMatchObject({ status: "failed", error: { code: "model_context_exceeded" } });
    expect(messageText(model.requests[6]!.messages.at(-1)!)).toContain("a third task");
  });

  it("carries an earlier summary on, with the tasks and answers of the conversation", async () => {
    const session = await runtime.open();
    const messages: Message[] = [];
    const records = new WeakMap();
    const compactor = createCompactor({ contextTokens: 100, keepTurns: 1 });
    const source = {
      model: scripted(),
      format: createCodeFormat(),
      messages,
      records,
      session,
      spend: () => undefined,
    };
    for (let round = 1; round <= 4; round++) {
      appendUser(messages, [textPart(`task ${round} ${"x".repeat(300)}`)]);
      appendAssistant(messages, `<execute>\nstep(${round})\n</execute>`);
      appendUser(messages, [textPart(`Execution Output:\nresult ${round}`)]);
      const task = { text: `task ${round} ${"x".repeat(300)}` };
      for await (const _ of compactor.keepSmall({ ...source, task }, 1));
      expect(roles(messages)).toMatch(/^(ua)*u$/);
      expect(messages.map(messageText).join("\n")).toContain(task.text);
      appendAssistant(messages, `answer ${round}`);
    }
    const lines = messageText(messages[0]!)
      .split("\n")
      .filter((line) => line.startsWith("- "));
    expect(lines.map((line) => line.replace(/ x+( \.\.\. x+)?$/, ""))).toEqual([
      "- The user: task 1",
      "- code: `step(1)` gave result 1",
      "- You answered: answer 1",
      "- The user: task 2",
      "- code: `step(2)` gave result 2",
      "- You answered: answer 2",
      "- The user: task 3",
      "- code: `step(3)` gave result 3",
      "- You answered: answer 3",
    ]);
    await session.close();
  });

  it("keeps calls and their results together", async () => {
    await using session = await runtime.open();
    const messages: Message[] = [];
    appendUser(messages, [textPart("task")]);
    for (let turn = 1; turn <= 6; turn++) {
      const call = {
        type: "tool-call",
        id: `c${turn}`,
        name: "execute_python",
        arguments: '{"code": "1"}',
      } as const;
      appendAssistant(messages, "", call);
      appendUser(messages, [textPart(`Execution Output:\n${"r".repeat(400)}`)]);
    }
    const compactor = createCompactor({ contextTokens: 850, keepTurns: 3 });
    const source = {
      model: scripted(),
      format: createCodeFormat(),
      messages,
      task: { text: "task" },
      records: new WeakMap(),
      session,
      spend: () => undefined,
    };
    for await (const _ of compactor.keepSmall(source, 1));
    expect(roles(messages)).toBe("uauauau");
    const ids = messages.flatMap(({ content }) =>
      content.flatMap((part) =>
        part.type === "tool-call" ? [part.id] : part.type === "tool-result" ? [part.callId] : [],
      ),
    );
    expect(ids).toEqual(["c4", "c4", "c5", "c5", "c6", "c6"]);
  });

  it("has the model write notes when asked to, and goes on without them", async () => {
    const model = scripted(
      runs("print('a' * 3000)"),
      runs("print('b' * 3000)"),
      says("The figure is 7."),
      tooLong,
      says("Done."),
    );
    await using agent = createAgent({
      model: { ...model, stream: (request) => withoutUsage(model.stream(request)) },
      runtime,
      format,
      compaction: { contextTokens: 1600, keepTurns: 1, summary: "model" },
    });
    await agent.run("the task").result;
    expect(messageText(model.requests[2]!.messages[1]!)).toContain("user: the task");
    expect(messageText(agent.messages[1]!)).toContain("## Notes\nThe figure is 7.\n\n## The task");
  });

  it("stays small however long a run is, and hands its notes on", async () => {
    const asked: string[] = [];
    const model: Model = {
      id: "writes-notes",
      capabilities: { images: false, contextTokens: 2000 },
      async *stream({ messages }) {
        asked.push(messageText(messages[1]!));
        yield { type: "text-delta", text: `Figure ${asked.length}. ${"More words. ".repeat(60)}` };
        yield { type: "finish", reason: "stop" };
      },
    };
    await using session = await runtime.open();
    await session.execute("for i in range(40): globals()[f'variable_{i}'] = 'value ' * 9");
    const messages: Message[] = [];
    const compactor = createCompactor({ keepTurns: 1, summary: "model" });
    const source = {
      model,
      format: createCodeFormat(),
      messages,
      task: { text: "the task" },
      records: new WeakMap(),
      session,
      spend: () => undefined,
    };
    appendUser(messages, [textPart(source.task.text)]);
    const turns: number[] = [];
    for (let turn = 1; turn <= 60; turn++) {
      appendAssistant(messages, `<execute>\nstep(${turn}, "${"x".repeat(80)}")\n</execute>`);
      appendUser(messages, [textPart(`Execution Output:\n${"y".repeat(200)}`)]);
      for await (const _ of compactor.keepSmall(source, turn)) turns.push(turn);
    }
    const summary = messageText(messages[0]!);
    expect(summary.length).toBeLessThan(6000);
    expect(summary).toMatch(/`step\(1, .*\n(?:- code.*\n)*- \(\d\d steps left out\)\n- code/);
    expect(summary.match(/steps left out/g)).toHaveLength(1);
    // There are several turns from one compaction to the next.
    expect(turns.length).toBeLessThan(20);
    expect(asked.slice(1).every((text, index) => text.includes(`Figure ${index + 1}.`))).toBe(true);
  });
});

async function* withoutUsage(events: AsyncIterable<ModelEvent>): AsyncGenerator<ModelEvent> {
  for await (const event of events) if (event.type !== "usage") yield event;
}

describe("planning", () => {
  it("asks where the model stands, keeps its words and drops its code", async () => {
    const model = scripted(
      says("Plan: look, then answer."),
      runs("1"),
      runs("2"),
      runs("3", "Known: 1 and 2."),
      says("Done."),
    );
    await using agent = createAgent({ model, runtime, planningInterval: 2 });
    const events = await collect(agent.run("the task"));
    expect(events.filter((event) => event.type.startsWith("plan"))).toEqual([
      { type: "plan-start", turn: 1 },
      { type: "plan-end", turn: 1, text: "Plan: look, then answer." },
      { type: "plan-start", turn: 3 },
      { type: "plan-end", turn: 3, text: "Known: 1 and 2." },
    ]);
    expect(events.at(-1)).toMatchObject({
      result: { status: "answered", turns: 3, usage: { inputTokens: 50, outputTokens: 10 } },
    });
    expect(roles(agent.messages)).toBe("suauauauaua");
  });
});
