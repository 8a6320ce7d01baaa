import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isProcessAlive, tryLockFile } from "./lock-file.ts";

export interface LockOptions {
  /** Called once, with the holder's process id, when the lock has to be waited for. */
  readonly onWait?: (pid: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Holds a lock file while `work` runs. Waits for another living process that holds it; the lock of a
 * process that died is taken over.
 */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  mkdirSync(dirname(path), { recursive: true });
  for (let told = false; !tryLockFile(path, `${process.pid}\n`);) {
    const holder = readHolder(path);
    if (holder !== undefined && !isProcessAlive(holder)) {
      rmSync(path, { force: true });
      continue;
    }
    if (!told && holder !== undefined) {
      options.onWait?.(holder);
      told = true;
    }
    await sleep(200, undefined, options.signal ? { signal: options.signal } : {});
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

/** Nothing once the holder has removed the file. */
function readHolder(path: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(path, "utf8"), 10);
    return Number.isNaN(pid) ? undefined : pid;
  } catch {
    return undefined;
  }
}
