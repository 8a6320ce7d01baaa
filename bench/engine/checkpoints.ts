import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { Runtime } from "../../src/execution/runtime.ts";
import { type Figure, figureOf } from "../figure.ts";

const rounds = 40;
const settleMs = 30;

/**
 * With a DataFrame of 160 MB alive: `checkpoint_160mb` until `session.checkpoint()` resolves; `restore_160mb` until
 * `session.restore()` does; `fork_160mb` until a forked session can be used. Variables and files, both ways.
 */
export async function measureCheckpoints(runtime: Runtime): Promise<Figure[]> {
  await using session = await runtime.open();
  const made = await session.execute(
    "import numpy as np, pandas as pd\ndf = pd.DataFrame(np.random.rand(2_000_000, 10)); df.shape",
  );
  assert.equal(made.status, "ok");
  const samples = { checkpoint: [] as number[], restore: [] as number[], fork: [] as number[] };
  for (let round = 0; round < rounds; round += 1) {
    await session.execute(`df.iloc[${round}, 0] = ${round}`);
    await sleep(settleMs);
    const checkpoint = await timed(samples.checkpoint, async () => session.checkpoint?.());
    await sleep(settleMs);
    assert.ok(checkpoint);
    await timed(samples.restore, async () => session.restore?.(checkpoint));
    await sleep(settleMs);
    const fork = await timed(samples.fork, async () => session.fork?.());
    assert.equal((await fork?.execute(`df.iloc[${round}, 0]`))?.status, "ok");
    await fork?.close();
    await sleep(settleMs);
  }
  return Object.entries(samples).map(([name, values]) => figureOf(`${name}_160mb`, "ms", values));
}

async function timed<T>(samples: number[], action: () => Promise<T>): Promise<T> {
  const started = performance.now();
  const result = await action();
  samples.push(performance.now() - started);
  return result;
}
