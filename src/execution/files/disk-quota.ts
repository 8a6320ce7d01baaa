import { constants } from "node:fs";
import { type FileHandle, lstat, opendir } from "node:fs/promises";
import { CodeActError } from "../../errors.ts";
import { below, openBelow, openFolder } from "./beneath.ts";

/** A file takes at least so much, as in python/codeact_kernel/usage.py: file systems run out of inodes, too. */
const bytesPerFile = 16_384;
const maxDepth = 64;
/** How long a count is good enough; what is written meanwhile is added to it. */
const freshMs = 1000;

/** Room on the disk for what the host writes into a workspace. */
export interface DiskQuota {
  /** Resolves with the bytes that are left; 0 when there are none. */
  room(): Promise<number>;
  /** Notes what has been written since. */
  add(bytes: number): void;
  /** Has the next call count anew: code has run meanwhile. */
  recount(): void;
}

/** Watches over the folder `root`, of which everything together may take `diskBytes`. */
export function createDiskQuota(root: string, diskBytes: number): DiskQuota {
  let used = 0;
  let countedMs = -Infinity;
  return {
    async room() {
      if (performance.now() - countedMs > freshMs) {
        const folder = await openFolder(root);
        try {
          used = await measure(folder, 1);
        } finally {
          await folder.close();
        }
        countedMs = performance.now();
      }
      return Math.max(0, diskBytes - used);
    },
    recount() {
      countedMs = -Infinity;
    },
    add(bytes) {
      used += Math.max(bytes, bytesPerFile);
    },
  };
}

/** The fault for what has no room. */
export function quotaExceeded(path: string, limitBytes: number): CodeActError {
  return new CodeActError(
    "quota_exceeded",
    `The session's disk, of ${limitBytes} bytes, has no room for ${path}.`,
    { hint: "Remove files that are not needed, or open the session with larger limits." },
  );
}

async function measure(folder: FileHandle, depth: number): Promise<number> {
  let total = 0;
  const entries = await opendir(below(folder, "."), { bufferSize: 512 }).catch(() => undefined);
  if (entries === undefined) return 0;
  for await (const entry of entries) {
    const status = await lstat(below(folder, entry.name)).catch(() => undefined);
    if (status === undefined) continue;
    total += Math.max(status.blocks * 512, bytesPerFile) / Math.max(1, status.nlink);
    if (!status.isDirectory() || depth === maxDepth) continue;
    const inner = await openBelow(folder, entry.name, constants.O_DIRECTORY, entry.name).catch(
      () => undefined,
    );
    if (inner === undefined) continue;
    try {
      total += await measure(inner, depth + 1);
    } finally {
      await inner.close();
    }
  }
  return total;
}
