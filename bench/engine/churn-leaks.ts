import { readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import type { Runtime } from "../../src/execution/runtime.ts";
import { type Figure, figureOf } from "../figure.ts";
import type { RivalSamples } from "../rivals/ipykernel.ts";

const sessions = 1_000;
const batchSize = 20;
const settleMs = 250;
const maxSettleRounds = 40;

interface Held {
  readonly descriptors: number;
  readonly processes: number;
  readonly mounts: number;
  readonly folders: number;
}

/**
 * What is left of 1,000 sessions that were opened, used and closed: descriptors of this process, processes below it,
 * mounts that it sees and folders of sessions, in one sum. Each must be 0.
 */
export async function measureChurnLeaks(runtime: Runtime, _rival: RivalSamples): Promise<Figure[]> {
  await openAndClose(runtime, batchSize);
  const before = await settledHeld();
  for (let opened = 0; opened < sessions; opened += batchSize) {
    await openAndClose(runtime, batchSize);
  }
  const after = await settledHeld(before);
  const leaked = [
    after.descriptors - before.descriptors,
    after.processes - before.processes,
    after.mounts - before.mounts,
    after.folders - before.folders,
  ].reduce((sum, count) => sum + Math.max(0, count), 0);
  return [figureOf("churn_leaks", "count", [leaked])];
}

async function openAndClose(runtime: Runtime, count: number): Promise<void> {
  const batch = await Promise.all(Array.from({ length: count }, () => runtime.open()));
  await Promise.all(
    batch.map(async (session) => {
      await session.execute("open('left.txt', 'w').write('x')");
      await session.close();
    }),
  );
}

/** Waits until the counts rest, or are no higher than `goal`: the zygote refills its pool after the last session. */
async function settledHeld(goal?: Held): Promise<Held> {
  let last = held();
  for (let round = 0; round < maxSettleRounds; round += 1) {
    await sleep(settleMs);
    const now = held();
    const rests = isAtMost(now, goal ?? last) && (goal !== undefined || isAtMost(last, now));
    if (rests) return now;
    last = now;
  }
  return last;
}

function isAtMost(a: Held, b: Held): boolean {
  return (
    a.descriptors <= b.descriptors &&
    a.processes <= b.processes &&
    a.mounts <= b.mounts &&
    a.folders <= b.folders
  );
}

function held(): Held {
  return {
    descriptors: readdirSync("/proc/self/fd").length,
    processes: countDescendants(process.pid),
    mounts: readFileSync("/proc/self/mountinfo", "utf8").split("\n").length,
    folders: countFolders(),
  };
}

/** Folders of this process's runtimes, workspaces of sessions included. */
function countFolders(): number {
  const own = readdirSync(tmpdir()).filter((name) => name.startsWith(`codeact-${process.pid}-`));
  return own.reduce(
    (sum, name) => sum + 1 + readdirSync(`${tmpdir()}/${name}`, { recursive: true }).length,
    0,
  );
}

function countDescendants(root: number): number {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(")")).split(" ")[2]));
    } catch {
      // ended meanwhile
    }
  }
  const isBelow = (pid: number | undefined): boolean =>
    pid !== undefined && pid > 0 && (pid === root || isBelow(parents.get(pid)));
  return [...parents.values()].filter((parent) => isBelow(parent)).length;
}
