import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { isProcessAlive, tryLockFile } from "./lock-file.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "codeact-lock-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it("locks once, with the content of the first, and leaves no drafts", () => {
  const path = join(folder, "lock");
  expect([tryLockFile(path, "first"), tryLockFile(path, "second")]).toEqual([true, false]);
  expect(readFileSync(path, "utf8")).toBe("first");
  expect(readdirSync(folder)).toEqual(["lock"]);
});

it("is never seen without its content", async () => {
  const path = join(folder, "lock");
  const watch = `const fs = require("fs");
    let seen = 0;
    process.stdout.write("ready");
    for (const end = Date.now() + 400; Date.now() < end;) {
      try { if (fs.readFileSync(${JSON.stringify(path)}, "utf8") !== "me") seen += 1; } catch {}
    }
    process.exit(seen > 0 ? 1 : 0);`;
  const child = spawn(process.execPath, ["-e", watch], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "exit");
  await once(child.stdout, "data");
  while (child.exitCode === null) {
    for (let round = 0; round < 50; round += 1) {
      tryLockFile(path, "me");
      rmSync(path, { force: true });
    }
    await new Promise((next) => setImmediate(next));
  }
  expect(await ended).toEqual([0, null]);
});

it("tells living processes from others", () => {
  expect([process.pid, 4_194_305, 0, -1, Number.NaN].map(isProcessAlive)).toEqual([
    true,
    false,
    false,
    false,
    false,
  ]);
});
