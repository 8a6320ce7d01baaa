import { setTimeout as sleep } from "node:timers/promises";
import { createSandboxRuntime } from "../../src/execution/runtimes/sandbox-runtime.ts";
import type { Runtime } from "../../src/execution/runtime.ts";
import { type Figure, figureOf } from "../figure.ts";
import type { RivalSamples } from "../rivals/ipykernel.ts";
import { measureEcho } from "./echo.ts";
import { thinkMs } from "./think-time.ts";

const warmUps = 20;
const cells = 300;

/**
 * `execute("1+1")` through the public API, every cell a transaction. `cell_round_trip`: with a pause between
 * cells as short as no model's, in which the next checkpoint is taken. `cell_round_trip_saturated`: without
 * any pause, so that each cell waits for the checkpoint after the one before. `cell_round_trip_plain`: without
 * pauses and transactions. `echo_round_trip`: what the same way takes, after the same pause, when nothing is
 * done on it; less is not possible for processes that sleep in between.
 */
export async function measureCellRoundTrip(
  runtime: Runtime,
  rival: RivalSamples,
): Promise<Figure[]> {
  await using plain = await createSandboxRuntime({ transactions: false });
  const saturatedRival = { name: "ipykernel, without pauses", samples: rival.saturatedRoundTripMs };
  return [
    figureOf("cell_round_trip", "ms", await timeCells(runtime, thinkMs), {
      name: "ipykernel",
      samples: rival.cellRoundTripMs,
    }),
    figureOf("cell_round_trip_saturated", "ms", await timeCells(runtime, 0), saturatedRival),
    figureOf("cell_round_trip_plain", "ms", await timeCells(plain, 0), saturatedRival),
    figureOf("echo_round_trip", "ms", await measureEcho(thinkMs, cells)),
  ];
}

async function timeCells(runtime: Runtime, pauseMs: number): Promise<number[]> {
  await using session = await runtime.open();
  const samples: number[] = [];
  for (let i = 0; i < warmUps + cells; i += 1) {
    if (pauseMs > 0) await sleep(pauseMs);
    const started = performance.now();
    await session.execute("1+1");
    if (i >= warmUps) samples.push(performance.now() - started);
  }
  return samples;
}
