import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { removeFolder } from "./remove-folder.ts";

const base = mkdtempSync(join(tmpdir(), "remove-folder-"));
const folder = join(base, "victim");

afterEach(() => rmSync(base, { recursive: true, force: true }));

it("removes folders that their owner may not enter, and files in them", async () => {
  mkdirSync(join(folder, "a/b/c"), { recursive: true });
  writeFileSync(join(folder, "a/b/c/file"), "x");
  for (const path of ["a/b/c/file", "a/b/c", "a/b", "a", ""]) chmodSync(join(folder, path), 0);
  await removeFolder(folder);
  expect(existsSync(folder)).toBe(false);
});

it("removes links, and leaves what they lead to", async () => {
  const outside = join(base, "outside");
  mkdirSync(outside, { recursive: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(outside, "kept"), "x");
  chmodSync(outside, 0o750);
  symlinkSync(outside, join(folder, "link"));
  await removeFolder(folder);
  expect(existsSync(folder)).toBe(false);
  expect(existsSync(join(outside, "kept"))).toBe(true);
});

it("removes names that are no text", async () => {
  mkdirSync(folder, { recursive: true });
  const script = "import os; os.mkdir(b'x\\xff'); open(b'x\\xff/\\xfe', 'w')";
  expect(spawnSync("python3", ["-c", script], { cwd: folder }).status).toBe(0);
  await removeFolder(folder);
  expect(existsSync(folder)).toBe(false);
});

it("removes folders nested deeper than a path can be", async () => {
  mkdirSync(folder, { recursive: true });
  const script =
    "import os\nfor i in range(2000): os.mkdir('deep-folder'); os.chdir('deep-folder')";
  expect(spawnSync("python3", ["-c", script], { cwd: folder }).status).toBe(0);
  await removeFolder(folder);
  expect(existsSync(folder)).toBe(false);
});

it("does nothing when there is no such folder", async () => {
  await expect(removeFolder(join(base, "missing"))).resolves.toBeUndefined();
});
