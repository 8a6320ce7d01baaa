import { readFileSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { join, resolve } from "node:path";
import { CodeActError } from "../errors.ts";
import { isProcessAlive, tryLockFile } from "../execution/lock-file.ts";

/** Folders that this process has locked: a dead process may have had the id of this one. */
const held = new Set<string>();

const name = "running.lock";

/**
 * Keeps other evaluations out of a folder until it is disposed. The lock of a process that died is taken over. Throws
 * `session_busy` where another evaluation is at work.
 */
export function lockFolder(folder: string): Disposable {
  const file = join(resolve(folder), name);
  if (held.has(file)) throw busy(folder, file, `process ${process.pid}`);
  for (;;) {
    if (tryLockFile(file, JSON.stringify({ pid: process.pid, host: hostname() }))) break;
    const owner = ownerOf(file);
    if (owner !== undefined) throw busy(folder, file, owner);
    rmSync(file, { force: true });
  }
  held.add(file);
  let isHeld = true;
  return {
    [Symbol.dispose]() {
      if (!isHeld) return;
      isHeld = false;
      held.delete(file);
      rmSync(file, { force: true });
    },
  };
}

/** The process that holds a lock, in words; undefined when it is dead. */
function ownerOf(file: string): string | undefined {
  let owner: { readonly pid?: unknown; readonly host?: unknown } | null;
  try {
    owner = JSON.parse(readFileSync(file, "utf8")) as typeof owner;
  } catch {
    return undefined;
  }
  if (typeof owner?.pid !== "number" || typeof owner.host !== "string") return undefined;
  // Of another machine nobody knows which processes are alive.
  if (owner.host !== hostname()) return `process ${owner.pid} of ${owner.host}`;
  return owner.pid !== process.pid && isProcessAlive(owner.pid)
    ? `process ${owner.pid}`
    : undefined;
}

function busy(folder: string, file: string, owner: string): CodeActError {
  return new CodeActError(
    "session_busy",
    `Another evaluation (${owner}) is at work in the folder ${folder}.`,
    {
      hint: `Wait for its end, or name another folder with --out; if it is over for sure, remove ${file}.`,
    },
  );
}
