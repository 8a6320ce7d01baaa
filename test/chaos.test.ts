import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAgent } from "../src/agent/agent.ts";
import type { AgentSettings } from "../src/agent/agent-options.ts";
import type { RunOptions } from "../src/agent/agent.ts";
import type { AgentEvent, RunResult } from "../src/agent/events.ts";
import { CodeActError } from "../src/errors.ts";
import { createBareRuntime } from "../src/execution/runtimes/bare-runtime.ts";
import type { Session } from "../src/execution/session.ts";
import { messageText } from "../src/models/model.ts";
import type { Message, Model, ModelEvent } from "../src/models/model.ts";

const conversations = 1000;
const runtime = createBareRuntime();
let session: Session;
beforeAll(async () => {
  session = await runtime.open();
});
afterAll(() => runtime.close());

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const texts = [
  "The answer is 42.",
  '{"n": 1}',
  "I cannot help with that.",
  "I look.\n<execute>\nx = 1\nprint(x)\n</execute>",
  "<execute>\n1/0\n</execute>",
  "<execute>\nprint('y' * 3000)\n</execute>",
  "<execute>\nfinal_answer({'n': 2})\n</execute>",
  "<execute>\nfinal_answer(object())",
  "<execute>",
  "</execute>",
  "```python\nx += 1",
  '```json\n{"n": true}\n```',
  "<execu",
  "   \n",
  "",
  "<think>hm</think>",
  "Execution Output:\n42",
  "<|im_end|>",
];
const calls = ['{"code": "print(2)"}', '{"code": ', "{}", "[1]", "print(3)", '{"code": "1/0"}', ""];

/** A model that does anything that a model or its service may do, as the numbers have it. */
function chaosModel(random: () => number, abort: () => void): Model {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  // Some models say the same thing over and over, and some hardly ever answer.
  const only = random() < 0.2 ? pick(texts) : undefined;
  const acting = texts.filter((text) => text.includes("<execute>\n"));
  const acts = random() < 0.4;
  return {
    id: "chaos",
    capabilities: { images: random() < 0.5, toolCalls: random() < 0.5, contextTokens: 1500 },
    price: { input: 1, output: 1 },
    async *stream(): AsyncGenerator<ModelEvent, void> {
      if (random() < 0.02) throw new Error("the model broke its contract");
      if (random() < 0.1) {
        const code = pick([
          "model_context_exceeded",
          "model_failed",
          "model_rate_limited",
        ] as const);
        yield { type: "finish", reason: "error", error: new CodeActError(code, "No.") };
        return;
      }
      const text = only ?? pick(acts && random() < 0.8 ? acting : texts);
      for (let at = 0; at < text.length;) {
        const length = 1 + Math.floor(random() * 20);
        yield { type: "text-delta", text: text.slice(at, at + length) };
        at += length;
        if (random() < 0.01) abort();
      }
      if (random() < 0.3) {
        const args = pick(calls);
        const id = pick(["", "same", `id${random()}`]);
        yield {
          type: "tool-call-delta",
          index: 0,
          id,
          name: pick(["execute_python", "other"]),
          arguments: args.slice(0, 5),
        };
        yield { type: "tool-call-delta", index: 0, arguments: args.slice(5) };
      }
      if (random() < 0.8) {
        const usage = { inputTokens: Math.floor(random() * 3000), outputTokens: 20 };
        yield { type: "usage", usage };
      }
      if (random() < 0.03) return;
      const reason =
        random() < 0.9 ? "stop" : pick(["length", "content-filter", "error", "aborted"] as const);
      yield { type: "finish", reason };
    },
  };
}

function chaosSettings(random: () => number): Partial<AgentSettings> {
  return {
    budget: {
      turns: 1 + Math.floor(random() * 8),
      ...(random() < 0.3 && { executions: 1 + Math.floor(random() * 3) }),
      ...(random() < 0.3 && { tokens: 1 + Math.floor(random() * 8000) }),
      ...(random() < 0.2 && { costUsd: random() / 100 + 1e-6 }),
    },
    ...(random() < 0.3 && { planningInterval: 1 + Math.floor(random() * 3) }),
    compaction:
      random() < 0.1
        ? false
        : { keepTurns: 1 + Math.floor(random() * 4), summary: random() < 0.2 ? "model" : "facts" },
    maxOutputCharacters: 200 + Math.floor(random() * 4000),
  };
}

function chaosRun(random: () => number, signal: AbortSignal): RunOptions {
  return {
    signal,
    ...(random() < 0.4 && {
      answer: {
        schema: { type: "object", properties: { n: { type: "number" } }, required: ["n"] },
        maxRejections: Math.floor(random() * 3),
      },
    }),
  };
}

const letters: Readonly<Record<AgentEvent["type"], string>> = {
  "run-start": "R",
  "turn-start": "T",
  compaction: "k",
  "plan-start": "P",
  "plan-end": "p",
  "budget-low": "b",
  "text-delta": "t",
  "code-delta": "c",
  "code-complete": "C",
  "reply-malformed": "m",
  "answer-refused": "a",
  "cell-start": "X",
  output: "o",
  "cell-end": "x",
  "final-answer": "f",
  "stuck-detected": "s",
  "turn-end": "e",
  "run-end": "E",
} as Record<AgentEvent["type"], string>;
/** The grammar of the reference; a turn that a fault breaks off may lack its end. */
const grammar = /^R(Tk*(P[tc]*p)?b?k?[tc]*(a|ms?|C(Xo*x[fas]?)?)?e?)*E$/;

function checkMessages(messages: readonly Message[], task: string): void {
  const roles = messages.map(({ role }) => role[0]).join("");
  expect(roles).toMatch(/^s(ua)*u?$/);
  expect(messages.some((message) => messageText(message).includes(task))).toBe(true);
  for (const [index, { role, content }] of messages.entries()) {
    const call = content.findIndex((part) => part.type === "tool-call");
    if (call >= 0) expect([role, call]).toEqual(["assistant", content.length - 1]);
    const results = content.flatMap((part) => (part.type === "tool-result" ? [part.callId] : []));
    const before =
      messages[index - 1]?.content.flatMap((part) =>
        part.type === "tool-call" ? [part.id] : [],
      ) ?? [];
    expect(results).toEqual(before);
    if (results.length > 0) expect(content[0]?.type).toBe("tool-result");
    expect(content.length).toBeGreaterThan(0);
  }
}

function checkResult(result: RunResult, events: readonly AgentEvent[]): void {
  const turns = events.filter((event) => event.type === "turn-start").length;
  expect(result.turns).toBe(turns);
  if (result.status === "answered") expect(result.answer).toBeTypeOf("string");
  if (result.status === "failed") expect(result.error).toBeInstanceOf(CodeActError);
  if (result.status === "budget") expect(result.budget).toBeTypeOf("string");
  expect(events.at(-1)).toEqual({ type: "run-end", result });
}

describe("a model that does anything", () => {
  it(`breaks no promise of the loop in ${conversations} conversations`, async () => {
    const ends: Record<string, number> = {};
    for (let seed = 1; seed <= conversations; seed++) {
      const random = createRandom(seed);
      let controller = new AbortController();
      const model = chaosModel(random, () => controller.abort());
      await using agent = createAgent({ ...chaosSettings(random), model, session });
      for (let round = 1; round <= 1 + Math.floor(random() * 3); round++) {
        controller = new AbortController();
        const task = `task ${round} of conversation ${seed}`;
        const run = agent.run(task, chaosRun(random, controller.signal));
        const events: AgentEvent[] = [];
        for await (const event of run) events.push(event);
        const result = await run.result;
        ends[result.status] = (ends[result.status] ?? 0) + 1;
        const shape = events.map(({ type }) => letters[type] ?? `<${type}>`).join("");
        expect.soft(shape, `seed ${seed}`).toMatch(grammar);
        try {
          checkResult(result, events);
          checkMessages(agent.messages, task);
        } catch (cause) {
          throw new Error(`seed ${seed}, round ${round}: ${shape}`, { cause });
        }
      }
    }
    expect(Object.keys(ends).toSorted()).toEqual([
      "aborted",
      "answered",
      "budget",
      "failed",
      "rejected",
      "stuck",
    ]);
    expect(await session.execute("1")).toMatchObject({ status: "ok" });
  }, 300_000);
});
