import { afterAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { createBareRuntime } from "../execution/runtimes/bare-runtime.ts";
import { messageText } from "../models/model.ts";
import { createReplayModel } from "../models/replay-model.ts";
import { tool } from "../tools/tool.ts";
import type { AgentSettings } from "./agent-options.ts";
import { createAgent } from "./agent.ts";
import type { AgentEvent } from "./events.ts";

const runtime = createBareRuntime();
afterAll(() => runtime.close());

const double = tool({
  name: "double",
  description: "Doubles a number.",
  input: z.object({ n: z.number() }),
  output: z.number(),
  run({ n }) {
    if (n < 0) throw new Error("too small");
    return n * 2;
  },
});

/** Runs an agent whose model writes `code` and then answers. */
async function run(
  code: string,
  settings: Partial<AgentSettings> = {},
): Promise<{ events: AgentEvent[]; system: string; observation: string }> {
  const model = createReplayModel({
    replies: [{ text: `<execute>\n${code}\n</execute>` }, { text: "Done." }],
  });
  await using agent = createAgent({ model, runtime, tools: [double], ...settings });
  const events: AgentEvent[] = [];
  for await (const event of agent.run("the task")) events.push(event);
  const [system, , , observation] = agent.messages.map(messageText);
  return { events, system: system ?? "", observation: observation ?? "" };
}

function callsOf(events: readonly AgentEvent[]): unknown[] {
  return events.flatMap((event) =>
    event.type === "tool-call-start" || event.type === "tool-call-end"
      ? [{ ...event, ...("durationMs" in event && { durationMs: 0 }) }]
      : [],
  );
}

describe("tools of an agent", () => {
  it("are described to the model, called by its code and told as events", async () => {
    const { events, system, observation } = await run("print(double(21))");
    expect(system).toContain("- double(n: float) -> float: Doubles a number.");
    expect(observation).toContain("42");
    const types = events.map(({ type }) => type).filter((type) => type !== "code-delta");
    expect(types).toEqual([
      "run-start",
      "turn-start",
      "code-complete",
      "cell-start",
      "tool-call-start",
      "tool-call-end",
      "output",
      "cell-end",
      "turn-end",
      "turn-start",
      "text-delta",
      "turn-end",
      "run-end",
    ]);
    expect(callsOf(events)).toEqual([
      { type: "tool-call-start", turn: 1, callId: "call-1", tool: "double", input: { n: 21 } },
      {
        type: "tool-call-end",
        turn: 1,
        callId: "call-1",
        tool: "double",
        durationMs: 0,
        preview: "42",
      },
    ]);
    expect(events.at(-1)).toMatchObject({ result: { status: "answered", toolCalls: 1 } });
  });

  it("fail with a ToolError that says why", async () => {
    const { events, observation } = await run("double(-1)");
    expect(observation).toContain("ToolError: too small");
    expect(callsOf(events).at(-1)).toMatchObject({ error: "too small" });
    const wrong = await run("double('2')");
    expect(wrong.observation).toContain(
      "ToolError: n: Invalid input: expected number, received string",
    );
  });

  it("are limited in each run", async () => {
    const { events, observation } = await run("[double(n) for n in range(5)]", { maxToolCalls: 3 });
    expect(observation).toContain("ToolError: the limit of 3 calls in a run is reached");
    expect(events.at(-1)).toMatchObject({ result: { toolCalls: 4 } });
  });

  it("end with their cell", async () => {
    const { events } = await run("import threading\nthreading.Thread(target=hang).start()", {
      tools: [
        tool({
          name: "hang",
          description: "",
          input: z.object({}),
          run: () => new Promise<never>(() => {}),
        }),
      ],
    });
    const types = events.map(({ type }) => type);
    expect(types.indexOf("tool-call-end")).toBeLessThan(types.indexOf("cell-end"));
    expect(callsOf(events).at(-1)).toMatchObject({ error: "the call was given up" });
  });
});
