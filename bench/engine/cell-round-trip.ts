import { setTimeout as sleep } from "node:timers/promises";
import type { Runtime } from "../../src/execution/runtime.ts";
import { type Figure, figureOf } from "../figure.ts";
import type { RivalSamples } from "../rivals/ipykernel.ts";
import { thinkMs } from "./think-time.ts";

const warmUps = 20;
const cells = 300;

/**
 * `execute("1+1")` through the public API, every cell a transaction. `cell_round_trip`: with a pause between
 * cells as short as no model's, in which the next checkpoint is taken. `cell_round_trip_saturated`: without
 * any pause, so that each cell waits for the checkpoint after the one before.
 */
export async function measureCellRoundTrip(
  runtime: Runtime,
  rival: RivalSamples,
): Promise<Figure[]> {
  await using session = await runtime.open();
  const measure = async (pauseMs: number): Promise<number[]> => {
    const samples: number[] = [];
    for (let i = 0; i < warmUps + cells; i += 1) {
      if (pauseMs > 0) await sleep(pauseMs);
      const started = performance.now();
      await session.execute("1+1");
      if (i >= warmUps) samples.push(performance.now() - started);
    }
    return samples;
  };
  return [
    figureOf("cell_round_trip", "ms", await measure(thinkMs), {
      name: "ipykernel",
      samples: rival.cellRoundTripMs,
    }),
    figureOf("cell_round_trip_saturated", "ms", await measure(0), {
      name: "ipykernel, without pauses",
      samples: rival.saturatedRoundTripMs,
    }),
  ];
}
