import type { Runtime } from "../../src/execution/runtime.ts";
import { createToolHost } from "../../src/tools/tool-host.ts";
import { tool } from "../../src/tools/tool.ts";
import { z } from "zod";
import { type Figure, figureOf } from "../figure.ts";

const calls = 2000;
const rounds = 5;

const echo = tool({
  name: "echo",
  description: "Returns its argument.",
  input: z.object({ n: z.number() }),
  run: ({ n }) => n,
});

/**
 * Calls of a tool with a checked argument, from Python to TypeScript and back. `tool_round_trip`: one after the
 * other, as the code sees it. `tool_calls_per_second`: made with `asyncio.gather`.
 */
export async function measureToolCalls(runtime: Runtime): Promise<Figure[]> {
  await using session = await runtime.open();
  await session.provide?.(createToolHost({ tools: [echo] }));
  const serial = await session.execute(`import asyncio, json, time
def measure(count):
    for n in range(count):
        started = time.perf_counter()
        echo(n)
        yield (time.perf_counter() - started) * 1000
_ = list(measure(200))
print(json.dumps(list(measure(${calls}))))`);
  const printed = serial.outputs.map((output) => (output.type === "stream" ? output.text : ""));
  const perSecond: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const started = performance.now();
    const outcome = await session.execute(
      `_ = await asyncio.gather(*[echo(n) for n in range(${calls})])`,
    );
    if (outcome.status !== "ok") throw new Error(outcome.error?.traceback);
    perSecond.push((calls / (performance.now() - started)) * 1000);
  }
  return [
    figureOf("tool_round_trip", "ms", JSON.parse(printed.join("")) as number[]),
    figureOf("tool_calls_per_second", "calls/s", perSecond),
  ];
}
