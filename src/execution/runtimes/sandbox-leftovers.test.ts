import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { removeFolder } from "../remove-folder.ts";
import { createSandboxFolder } from "./sandbox-folder.ts";
import { removeLeftovers } from "./sandbox-leftovers.ts";

const parent = mkdtempSync(join(tmpdir(), "leftovers-"));
const deadPid = spawnSync("true").pid;

beforeEach(() => mkdirSync(parent, { recursive: true }));
afterEach(() => rmSync(parent, { recursive: true, force: true }));

function makeFolder(name: string, ageMs: number): void {
  const path = join(parent, name);
  mkdirSync(join(path, "sessions/one/locked"), { recursive: true });
  chmodSync(join(path, "sessions/one/locked"), 0);
  const seconds = (Date.now() - ageMs) / 1000;
  utimesSync(path, seconds, seconds);
}

it("removes folders of servers that are gone and leaves all others", async () => {
  const hourMs = 3_600_000;
  makeFolder(`codeact-${deadPid}-AbCdEf`, hourMs);
  makeFolder(`codeact-${deadPid}-Young1`, 0);
  makeFolder(`codeact-${deadPid}-notours-at-all`, hourMs);
  makeFolder("unrelated", hourMs);
  const live = createSandboxFolder(parent);
  await removeLeftovers(parent);
  const left = readdirSync(parent);
  expect(left.toSorted()).toEqual(
    [
      `codeact-${deadPid}-Young1`,
      `codeact-${deadPid}-notours-at-all`,
      live.path.slice(parent.length + 1),
      "unrelated",
    ].toSorted(),
  );
  for (const name of left.filter((entry) => !entry.startsWith(`codeact-${process.pid}`))) {
    await removeFolder(join(parent, name));
  }
  await live.remove();
});

it("removes at once a folder whose socket nobody listens on", async () => {
  const name = `codeact-${deadPid}-Socket`;
  makeFolder(name, 0);
  const script = "import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])";
  expect(spawnSync("python3", ["-c", script, join(parent, name, "zygote.sock")]).status).toBe(0);
  await removeLeftovers(parent);
  expect(readdirSync(parent)).toEqual([]);
});

it("does nothing where there is no such folder", async () => {
  await expect(removeLeftovers(join(parent, "missing"))).resolves.toBeUndefined();
});
