import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Runtime } from "../../src/execution/runtime.ts";
import type { Session } from "../../src/execution/session.ts";
import { descendantsOf } from "../../test/process-tree.ts";
import { type Figure, figureOf } from "../figure.ts";
import type { RivalSamples } from "../rivals/ipykernel.ts";

const batches = 8;
const sessionsPerBatch = 10;
const settleMs = 500;

/**
 * Proportional memory (PSS) that one more session costs over all its processes. `idle_session_memory`: open and
 * waiting for its first cell. `used_session_memory`: once it has run a cell and holds its checkpoint.
 */
export async function measureIdleMemory(runtime: Runtime, rival: RivalSamples): Promise<Figure[]> {
  const ipykernel = { name: "ipykernel, with the same imports", samples: rival.idleMegabytes };
  const idle = await measureBatches(runtime, async () => {});
  const used = await measureBatches(runtime, async (session) => {
    await session.execute("import pandas");
  });
  return [
    figureOf("idle_session_memory", "MB", idle, ipykernel),
    figureOf("used_session_memory", "MB", used, ipykernel),
  ];
}

async function measureBatches(
  runtime: Runtime,
  use: (session: Session) => Promise<void>,
): Promise<number[]> {
  const sessions: Session[] = [];
  const samples: number[] = [];
  try {
    let before = await settledMegabytes();
    for (let batch = 0; batch < batches; batch += 1) {
      for (let i = 0; i < sessionsPerBatch; i += 1) {
        const session = await runtime.open();
        sessions.push(session);
        await use(session);
      }
      const after = await settledMegabytes();
      samples.push((after - before) / sessionsPerBatch);
      before = after;
    }
  } finally {
    await Promise.all(sessions.map((session) => session.close()));
  }
  return samples;
}

async function settledMegabytes(): Promise<number> {
  await sleep(settleMs);
  return descendantsOf(process.pid).reduce((sum, pid) => sum + proportionalMegabytes(pid), 0);
}

function proportionalMegabytes(pid: number): number {
  try {
    const kibibytes = /^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1];
    return Number(kibibytes ?? 0) / 1024;
  } catch {
    return 0; // ended meanwhile
  }
}
