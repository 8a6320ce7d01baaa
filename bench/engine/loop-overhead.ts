import { createAgent } from "../../src/agent/agent.ts";
import type { Outcome } from "../../src/execution/outcome.ts";
import type { Session } from "../../src/execution/session.ts";
import type { Model } from "../../src/models/model.ts";
import { type Figure, figureOf } from "../figure.ts";
import { loopTask, type LoopTask } from "../loop-task.ts";
import { measureSmolagents } from "../rivals/smolagents.ts";

/**
 * The loop's own cost of one turn: a run of many turns with a model that answers and an interpreter that returns at
 * once, its time divided by the turns. The replies stream in pieces of a token's length, and every event is read.
 * The rival gets the same replies whole, with its own output turned off.
 */
export async function measureLoopOverhead(): Promise<Figure[]> {
  const samples: number[] = [];
  for (let run = 0; run < loopTask.warmUps + loopTask.runs; run += 1) {
    const perTurnMs = await measureRun(loopTask);
    if (run >= loopTask.warmUps) samples.push(perTurnMs);
  }
  const rival = await measureSmolagents(loopTask);
  return [figureOf("loop_overhead", "ms", samples, { name: "smolagents", samples: rival })];
}

async function measureRun({ turns, prose, code, printed, answer }: LoopTask): Promise<number> {
  const action = `${prose}\n<execute>\n${code}\n</execute>`;
  const replies = Array.from({ length: turns }, (_, turn) =>
    // Code that differs from turn to turn, as a model's does that is not stuck.
    pieces(turn < turns - 1 ? action.replace("{turn}", `${turn}`) : answer),
  );
  await using agent = createAgent({
    model: instantModel(replies),
    session: instantSession(printed),
    budget: { turns },
  });
  const started = performance.now();
  const run = agent.run("Work through the steps.");
  for await (const _ of run);
  const elapsedMs = performance.now() - started;
  const result = await run.result;
  if (result.status !== "answered" || result.turns !== turns) {
    throw new Error(`The loop took another way: ${result.status} after ${result.turns} turns.`);
  }
  return elapsedMs / turns;
}

function instantModel(replies: readonly (readonly string[])[]): Model {
  let next = 0;
  return {
    id: "instant",
    capabilities: { images: false },
    async *stream() {
      for (const text of replies[next++] ?? []) yield { type: "text-delta", text };
      yield { type: "usage", usage: { inputTokens: 1000, outputTokens: 100 } };
      yield { type: "finish", reason: "stop" };
    },
  };
}

function instantSession(printed: string): Session {
  let executionCount = 0;
  return {
    id: "instant",
    async execute(_, { onOutput } = {}) {
      executionCount += 1;
      const text = printed.replace("{turn}", `${executionCount}`);
      const output = { type: "stream", name: "stdout", text } as const;
      onOutput?.(output);
      return {
        status: "ok",
        outputs: [output],
        late: [],
        state: "kept",
        executionCount,
        wallMs: 0,
        cpuMs: 0,
        peakMemoryBytes: 0,
      } satisfies Outcome;
    },
    async close() {},
    async [Symbol.asyncDispose]() {},
  };
}

function pieces(text: string): readonly string[] {
  return text.match(/[^]{1,4}/g) ?? [];
}
