import { expect, it } from "vitest";
import { createBareRuntime } from "../execution/runtimes/bare-runtime.ts";
import { createReplayModel } from "../models/replay-model.ts";
import { createAgent } from "./agent.ts";

it("tells what each turn and the run cost, when the model has a price", async () => {
  const replies = [
    {
      text: "<execute>\nprint(1)\n</execute>",
      usage: { inputTokens: 1000, outputTokens: 100 },
    },
    { text: "One.", usage: { inputTokens: 2000, outputTokens: 50 } },
  ];
  const model = { ...createReplayModel({ replies }), price: { input: 1, output: 10 } };
  await using runtime = createBareRuntime();
  await using agent = createAgent({ model, runtime });
  const run = agent.run("Count.");
  const costs: (number | undefined)[] = [];
  for await (const event of run) if (event.type === "turn-end") costs.push(event.costUsd);
  expect(costs).toEqual([0.002, 0.0025]);
  expect(await run.result).toEqual({
    status: "answered",
    answer: "One.",
    turns: 2,
    usage: { inputTokens: 3000, outputTokens: 150 },
    costUsd: 0.0045,
  });
});
