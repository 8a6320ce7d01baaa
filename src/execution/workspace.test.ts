import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  readlink,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { removeFolder } from "./remove-folder.ts";
import { createWorkspace } from "./workspace.ts";

let parent = "";
let folder = "";

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), "workspace-test-"));
  folder = join(parent, "space");
  await mkdir(folder);
});
afterEach(() => removeFolder(parent));

describe("a workspace", () => {
  it("goes back to what it was, links and modes included", async () => {
    const workspace = createWorkspace(folder);
    await mkdir(join(folder, "sub"));
    await writeFile(join(folder, "sub", "kept"), "old");
    await writeFile(join(folder, "run.sh"), "#!/bin/sh\n");
    await chmod(join(folder, "run.sh"), 0o755);
    await symlink("/etc/passwd", join(folder, "link"));
    await workspace.save(1);
    await writeFile(join(folder, "sub", "kept"), "new text");
    await writeFile(join(folder, "added"), "x");
    await workspace.load(1);
    expect(await readFile(join(folder, "sub", "kept"), "utf8")).toBe("old");
    expect((await stat(join(folder, "run.sh"))).mode & 0o777).toBe(0o755);
    expect(await readlink(join(folder, "link"))).toBe("/etc/passwd");
    await expect(lstat(join(folder, "added"))).rejects.toThrow("ENOENT");
  });

  it("stores a file that did not change once, and never hands that copy out", async () => {
    const workspace = createWorkspace(folder);
    await writeFile(join(folder, "same"), "same");
    await sleep(100);
    await workspace.save(1);
    await workspace.save(2);
    const stored = await stat(join(parent, "space.snapshots", "2", "same"));
    expect(stored.nlink).toBe(2);
    await workspace.load(2);
    await writeFile(join(folder, "same"), "else");
    await workspace.load(1);
    expect(await readFile(join(folder, "same"), "utf8")).toBe("same");
  });

  it("takes names that are no text and leaves out what cannot be read as a file", async () => {
    const workspace = createWorkspace(folder);
    await writeFile(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff, 0xfe])]), "odd");
    let deep = folder;
    for (let level = 0; level < 80; level += 1) {
      deep = join(deep, "d");
      await mkdir(deep);
    }
    await workspace.save(1);
    await workspace.load(1);
    const odd = Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff, 0xfe])]);
    expect(await readFile(odd, "utf8")).toBe("odd");
  });

  it("leaves nothing behind", async () => {
    const workspace = createWorkspace(folder);
    await writeFile(join(folder, "a"), "a");
    await workspace.save(1);
    await workspace.remove();
    await expect(lstat(folder)).rejects.toThrow("ENOENT");
    await expect(lstat(`${folder}.snapshots`)).rejects.toThrow("ENOENT");
  });
});
