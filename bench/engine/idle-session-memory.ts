import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Runtime } from "../../src/execution/runtime.ts";
import { type Figure, figureOf } from "../figure.ts";
import type { RivalSamples } from "../rivals/ipykernel.ts";

const batches = 8;
const sessionsPerBatch = 10;
const settleMs = 500;

/**
 * Proportional memory (PSS) that one more session costs over all its processes, once it has run a cell and
 * holds its checkpoint.
 */
export async function measureIdleMemory(runtime: Runtime, rival: RivalSamples): Promise<Figure[]> {
  const sessions = [];
  const samples: number[] = [];
  try {
    let before = await settledMegabytes();
    for (let batch = 0; batch < batches; batch += 1) {
      for (let i = 0; i < sessionsPerBatch; i += 1) {
        const session = await runtime.open();
        await session.execute("import pandas");
        sessions.push(session);
      }
      const after = await settledMegabytes();
      samples.push((after - before) / sessionsPerBatch);
      before = after;
    }
  } finally {
    await Promise.all(sessions.map((session) => session.close()));
  }
  return [
    figureOf("idle_session_memory", "MB", samples, {
      name: "ipykernel, with the same imports",
      samples: rival.idleMegabytes,
    }),
  ];
}

async function settledMegabytes(): Promise<number> {
  await sleep(settleMs);
  return descendants(process.pid).reduce((sum, pid) => sum + proportionalMegabytes(pid), 0);
}

function proportionalMegabytes(pid: number): number {
  try {
    const kibibytes = /^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1];
    return Number(kibibytes ?? 0) / 1024;
  } catch {
    return 0; // ended meanwhile
  }
}

function descendants(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const parent = parentOf(Number(name));
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const below = (pid: number): number[] =>
    (children.get(pid) ?? []).flatMap((child) => [child, ...below(child)]);
  return below(root);
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")")).split(" ")[2]);
  } catch {
    return undefined;
  }
}
