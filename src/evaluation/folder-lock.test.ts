import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { lockFolder } from "./folder-lock.ts";

let folder: string;
let lock: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "codeact-lock-"));
  lock = join(folder, "running.lock");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function heldBy(pid: number | undefined, host = hostname()): void {
  writeFileSync(lock, JSON.stringify({ pid, host }));
}

it("keeps a folder for one, until it is given back", () => {
  const first = lockFolder(folder);
  expect(() => lockFolder(folder)).toThrow(`(process ${process.pid}) is at work`);
  first[Symbol.dispose]();
  expect(existsSync(lock)).toBe(false);
  using _second = lockFolder(folder);
  // What was given back already takes nothing from the next one.
  first[Symbol.dispose]();
  expect(existsSync(lock)).toBe(true);
});

it("takes the folder of a dead process over, not that of a living one or of another machine", async () => {
  const other = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
  heldBy(other.pid);
  expect(() => lockFolder(folder)).toThrow(`(process ${other.pid}) is at work`);
  other.kill("SIGKILL");
  await once(other, "exit");
  lockFolder(folder)[Symbol.dispose]();
  heldBy(other.pid, "elsewhere");
  expect(() => lockFolder(folder)).toThrow(`(process ${other.pid} of elsewhere) is at work`);
});

it("is not fooled by its own id in a lock of the past, nor by a lock that was cut off", () => {
  heldBy(process.pid);
  lockFolder(folder)[Symbol.dispose]();
  writeFileSync(lock, '{"pid": 1');
  lockFolder(folder)[Symbol.dispose]();
  expect(existsSync(lock)).toBe(false);
});
