import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { Runtime } from "../../src/execution/runtime.ts";
import type { Session } from "../../src/execution/session.ts";
import { type Figure, figureOf } from "../figure.ts";
import type { RivalSamples } from "../rivals/ipykernel.ts";

const opens = 100;
const spacingMs = 100;

/**
 * From the call of `open` to a session that has numpy, pandas and matplotlib imported. `session_open`: one
 * session every 100 ms, as users arrive. `session_open_burst`: each as soon as the one before is open.
 * `session_open_first_cell`: until a first cell that uses pandas has answered.
 */
export async function measureSessionOpen(runtime: Runtime, rival: RivalSamples): Promise<Figure[]> {
  const firstCellMs: number[] = [];
  const openMs = await openSessions(runtime, async (session, started) => {
    const { outputs } = await session.execute(
      "import sys, pandas as pd; 'numpy' in sys.modules and pd.DataFrame({'a': [1]}).shape",
    );
    firstCellMs.push(performance.now() - started);
    assert.deepEqual(outputs[0], { type: "value", data: { "text/plain": "(1, 1)" } });
    await session.close();
    await sleep(spacingMs);
  });
  const kept: Session[] = [];
  const burstMs = await openSessions(runtime, async (session) => {
    kept.push(session);
  });
  await Promise.all(kept.map((session) => session.close()));
  const ipykernel = { name: "ipykernel, with the same imports", samples: rival.sessionOpenMs };
  return [
    figureOf("session_open", "ms", openMs, ipykernel),
    figureOf("session_open_first_cell", "ms", firstCellMs, ipykernel),
    figureOf("session_open_burst", "ms", burstMs, ipykernel),
  ];
}

async function openSessions(
  runtime: Runtime,
  use: (session: Session, started: number) => Promise<void>,
): Promise<number[]> {
  const samples: number[] = [];
  for (let i = 0; i < opens; i += 1) {
    const started = performance.now();
    const session = await runtime.open();
    samples.push(performance.now() - started);
    await use(session, started);
  }
  return samples;
}
