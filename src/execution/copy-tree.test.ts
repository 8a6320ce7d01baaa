import { existsSync, readdirSync, renameSync, symlinkSync } from "node:fs";
import { lstat, mkdir, mkdtemp, readFile, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { copyTree } from "./copy-tree.ts";
import { removeFolder } from "./remove-folder.ts";

let parent = "";
const at = (...names: string[]): string => join(parent, ...names);

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "copy-tree-test-"));
  for (const name of ["from", "to", "outside"]) await mkdir(at(name));
});
afterEach(() => removeFolder(parent));

describe("a copied tree", () => {
  it("is not led out by a folder of the copy that becomes a link meanwhile", async () => {
    await mkdir(at("from", "sub"));
    const names = Array.from({ length: 200 }, (_, i) => `file-${i}`);
    for (const name of names) await writeFile(at("from", "sub", name), "of the guest");
    let isSwapped = false;
    const swap = (): void => {
      if (existsSync(at("to", "sub"))) {
        renameSync(at("to", "sub"), at("to", "aside"));
        symlinkSync(at("outside"), at("to", "sub"));
        isSwapped = true;
      } else {
        setImmediate(swap);
      }
    };
    swap();
    await copyTree(at("from"), at("to"));
    expect(isSwapped).toBe(true);
    expect(readdirSync(at("outside"))).toEqual([]);
  });

  it("replaces nothing and follows no link that is there already", async () => {
    await writeFile(at("outside", "kept"), "kept");
    await writeFile(at("from", "file"), "of the guest");
    await writeFile(at("from", "other"), "other");
    await symlink(at("outside", "kept"), at("to", "file"));
    const before = await lstat(at("outside", "kept"));
    await copyTree(at("from"), at("to"));
    expect(await readFile(at("outside", "kept"), "utf8")).toBe("kept");
    expect((await lstat(at("outside", "kept"))).mtimeMs).toBe(before.mtimeMs);
    expect(await readFile(at("to", "other"), "utf8")).toBe("other");
  });
});
