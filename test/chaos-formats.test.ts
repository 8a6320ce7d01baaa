import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AgentSettings } from "../src/agent/agent-options.ts";
import { createAgent } from "../src/agent/agent.ts";
import type { AgentEvent, RunResult } from "../src/agent/events.ts";
import { createBareRuntime } from "../src/execution/runtimes/bare-runtime.ts";
import type { Session } from "../src/execution/session.ts";
import { createFormat, formatNames } from "../src/formats/choose-format.ts";
import type { Message } from "../src/models/model.ts";
import { createChaosModel, createDice, type Dice } from "./chaos-model.ts";

/** How many conversations are had, more in CI; a seed of its own makes each of them. */
const conversations = Number(process.env["CODEACT_CHAOS"] ?? 300);
const firstSeed = Number(process.env["CODEACT_CHAOS_SEED"] ?? 1);

const runtime = createBareRuntime();
let session: Session;
beforeAll(async () => {
  session = await runtime.open();
  await session.execute("def search(*args, **kwargs):\n    return 'found'");
});
afterAll(() => runtime.close());

/** One letter for each event, so that a run can be matched with the grammar of events.ts. */
const letters: Readonly<Partial<Record<AgentEvent["type"], string>>> = {
  "run-start": "R",
  "turn-start": "(",
  compaction: "k",
  "plan-start": "p",
  "plan-end": "q",
  "budget-low": "b",
  "text-delta": "t",
  "code-delta": "d",
  "code-complete": "C",
  "cell-start": "S",
  output: "o",
  "cell-end": "E",
  "final-answer": "F",
  "answer-refused": "x",
  "reply-malformed": "m",
  "stuck-detected": "s",
  "turn-end": ")",
  "run-end": "Z",
};
const grammar = /^R(?:\(k*(?:pt*q)?b?k?t*d*(?:x|ms?|C(?:So*E[Fxs]?)?)?\))*Z$/;

function settings(dice: Dice): AgentSettings & { readonly maxTurns: number } {
  const name = dice.pick([undefined, ...formatNames]);
  return {
    model: createChaosModel(dice),
    maxTurns: 1 + dice.below(7),
    timeoutMs: 10_000,
    ...(name !== undefined && { format: createFormat(name) }),
    ...(dice.oneIn(2) && {
      environment: { functions: [{ name: "search", signature: "(q)", description: "" }] },
    }),
    ...(dice.oneIn(5) && { planningInterval: 2 }),
    ...(dice.oneIn(5) && { maxOutputCharacters: 200 }),
  };
}

/** Has one conversation of one or two tasks and checks what must hold whatever the model does. */
async function converse(seed: number): Promise<RunResult["status"][]> {
  const dice = createDice(seed);
  const options = settings(dice);
  await using agent = createAgent({ ...options, session });
  const statuses: RunResult["status"][] = [];
  for (let task = dice.below(2); task >= 0; task--) {
    const controller = new AbortController();
    const abortAt = dice.oneIn(5) ? dice.below(20) : -1;
    const events: AgentEvent[] = [];
    const run = agent.run("the task", { signal: controller.signal });
    for await (const event of run) {
      if (events.length === abortAt) controller.abort();
      events.push(event);
    }
    const result = await run.result;
    checkEvents(events, result, options.maxTurns);
    checkHistory(agent.messages);
    statuses.push(result.status);
  }
  return statuses;
}

function checkEvents(events: readonly AgentEvent[], result: RunResult, maxTurns: number): void {
  expect(events.map(({ type }) => letters[type] ?? "?").join("")).toMatch(grammar);
  expect(events.at(-1)).toEqual({ type: "run-end", result });
  const turns = events.flatMap((event) => (event.type === "turn-start" ? [event.turn] : []));
  expect(turns).toEqual(turns.map((_, index) => index + 1));
  expect(turns.length).toBeLessThanOrEqual(maxTurns);
  expect(result.turns).toBe(turns.length);
  expect(result.status === "failed").toBe(result.error !== undefined);
  if (result.status === "answered") expect(typeof result.answer).toBe("string");
}

/** A history that every model server accepts. */
function checkHistory(messages: readonly Message[]): void {
  const ids = new Set<string>();
  messages.forEach(({ role, content }, index) => {
    const before = messages[index - 1];
    if (index === 0) expect(role).toBe("system");
    else expect(role).toBe(before?.role === "user" ? "assistant" : "user");
    expect(content.length).toBeGreaterThan(0);
    const calls = content.filter((part) => part.type === "tool-call");
    for (const { id, name, arguments: written } of calls) {
      expect(id).toMatch(/^.+$/);
      expect(ids.has(id)).toBe(false);
      ids.add(id);
      expect(name).toMatch(/^[\w-]{1,64}$/);
      expect(typeof JSON.parse(written)).toBe("object");
    }
    const results = content.filter((part) => part.type === "tool-result");
    const asked = before?.content.filter((part) => part.type === "tool-call") ?? [];
    expect(results.map(({ callId }) => callId)).toEqual(asked.map(({ id }) => id));
    expect(content.slice(0, results.length)).toEqual(results);
  });
  expect(messages.at(-1)?.content.some((part) => part.type === "tool-call")).toBe(false);
}

describe("a model that writes anything, in every format", () => {
  const batch = 25;
  const batches = Array.from({ length: Math.ceil(conversations / batch) }, (_, index) => index);
  const seen = new Set<RunResult["status"]>();

  it.each(batches)("breaks no invariant (batch %i)", { timeout: 120_000 }, async (index) => {
    for (let count = 0; count < batch; count++) {
      const seed = firstSeed + index * batch + count;
      const statuses = await converse(seed).catch((cause: unknown) => {
        throw new Error(`Seed ${seed}: ${cause instanceof Error ? cause.message : ""}`, { cause });
      });
      for (const status of statuses) seen.add(status);
    }
    expect(await session.execute("1 + 1")).toMatchObject({
      status: "ok",
      outputs: [{ type: "value", data: { "text/plain": "2" } }],
    });
  });

  it("saw runs end in every way", () => {
    expect([...seen]).toEqual(expect.arrayContaining(["answered", "budget", "aborted", "failed"]));
  });
});
