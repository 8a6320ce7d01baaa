import { mkdir, mkdtemp, readdir, rm, stat, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isCodeActError } from "../../errors.ts";
import { createFileTracker } from "./file-tracker.ts";
import type { FileChange } from "./session-files.ts";
import { createWorkspaceFiles } from "./workspace-files.ts";

let root = "";
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "files-test-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const failsWith = (code: Parameters<typeof isCodeActError>[1]) =>
  expect.toSatisfy((error) => isCodeActError(error, code));

async function* pieces(count: number, bytes: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < count; i += 1) yield Buffer.alloc(bytes, i);
}

describe("files of a workspace", () => {
  it("are written and read in streams", async () => {
    const files = createWorkspaceFiles(root);
    await files.write("deep/in/stream.bin", pieces(10, 100_000));
    await files.write("web.bin", new Blob([Buffer.from([0, 0, 0, 1, 1, 1])]).stream());
    let bytes = 0;
    let last = -1;
    for await (const chunk of await files.stream("deep/in/stream.bin")) {
      bytes += chunk.length;
      last = chunk.at(-1) ?? -1;
    }
    expect([bytes, last]).toEqual([1_000_000, 9]);
    expect([...(await files.read("web.bin"))]).toEqual([0, 0, 0, 1, 1, 1]);
    await (await files.stream("web.bin")).cancel();
    await expect(files.stream("missing")).rejects.toEqual(failsWith("file_not_found"));
    await expect(files.stream("deep")).rejects.toEqual(failsWith("file_not_found"));
  });

  it("leave nothing behind when their source breaks off", async () => {
    const files = createWorkspaceFiles(root);
    await files.write("kept.txt", Buffer.from("kept"));
    const broken = async function* () {
      yield Buffer.from("half");
      throw new Error("source broke");
    };
    await expect(files.write("kept.txt", broken())).rejects.toThrow("source broke");
    expect(Buffer.from(await files.read("kept.txt")).toString()).toBe("kept");
    expect(await readdir(root)).toEqual(["kept.txt"]);
  });

  it("have room up to the session's disk, counted with what is there", async () => {
    const limits = { diskBytes: 1_000_000, fileBytes: 600_000 };
    const files = createWorkspaceFiles(root, { limits });
    await files.write("a", pieces(1, 500_000));
    await expect(files.write("large", pieces(7, 100_000))).rejects.toEqual(
      failsWith("quota_exceeded"),
    );
    await files.write("b", pieces(1, 400_000));
    await expect(files.write("c", pieces(2, 100_000))).rejects.toEqual(failsWith("quota_exceeded"));
    expect((await files.list()).map(({ path }) => path)).toEqual(["a", "b"]);
    // Empty files take room as well, for a disk has only so many of them.
    const many = createWorkspaceFiles(root, { limits: { diskBytes: 1_000_000, fileBytes: 1 } });
    await expect(
      (async () => {
        for (let i = 0; i < 100; i += 1) await many.write(`empty-${i}`, pieces(1, 1));
      })(),
    ).rejects.toEqual(failsWith("quota_exceeded"));
  });

  it("are removed and renamed, folders too", async () => {
    const files = createWorkspaceFiles(root);
    await files.write("one/a.txt", Buffer.from("a"));
    await files.write("one/two/b.txt", Buffer.from("b"));
    await files.rename("one/two", "moved/here");
    await files.rename("one/a.txt", "moved/here/b.txt");
    expect((await files.list()).map(({ path }) => path)).toEqual(["moved/here/b.txt"]);
    expect(Buffer.from(await files.read("moved/here/b.txt")).toString()).toBe("a");
    await files.remove("moved");
    expect(await readdir(root)).toEqual(["one"]);
    for (const path of ["moved", "one/missing"]) {
      await expect(files.remove(path)).rejects.toEqual(failsWith("file_not_found"));
      await expect(files.rename(path, "x")).rejects.toEqual(failsWith("file_not_found"));
    }
    for (const path of ["..", ".", "", "/", "/etc/passwd", "a/../../b"]) {
      await expect(files.remove(path)).rejects.toEqual(failsWith("invalid_input"));
      await expect(files.rename("one", path)).rejects.toEqual(failsWith("invalid_input"));
    }
  });

  it("are listed below a folder, up to a number, and without the session's packages", async () => {
    const files = createWorkspaceFiles(root);
    for (const path of ["a/1", "a/b/2", "c/3", ".packages/lib/x.py", "a/.packages/4"]) {
      await files.write(path, Buffer.from(path));
    }
    const paths = async (options?: Parameters<typeof files.list>[0]) =>
      (await files.list(options)).map(({ path }) => path);
    expect(await paths()).toEqual(["a/.packages/4", "a/1", "a/b/2", "c/3"]);
    expect(await paths({ folder: "a/b/" })).toEqual(["a/b/2"]);
    expect(await paths({ maxFiles: 2 })).toHaveLength(2);
    await symlink("/etc", join(root, "out"));
    await expect(files.list({ folder: "out" })).rejects.toEqual(failsWith("invalid_input"));
    await expect(files.list({ folder: "none" })).rejects.toEqual(failsWith("file_not_found"));
  });

  it("of a terabyte are not read at once", async () => {
    await writeFile(join(root, "sparse"), "");
    await truncate(join(root, "sparse"), 2 ** 40);
    const files = createWorkspaceFiles(root, {
      limits: { diskBytes: 10 ** 6, fileBytes: 10 ** 6 },
    });
    await expect(files.read("sparse")).rejects.toEqual(failsWith("invalid_input"));
    const reader = (await files.stream("sparse")).getReader();
    expect((await reader.read()).value?.length).toBe(256 * 1024);
    await reader.cancel();
    expect((await files.list()).map(({ sizeBytes }) => sizeBytes)).toEqual([2 ** 40]);
  });

  it("are watched until the signal fires", async () => {
    const files = createWorkspaceFiles(root);
    await files.write("a.csv", Buffer.from("1"));
    const stop = new AbortController();
    const seen: FileChange[] = [];
    const watching = (async () => {
      for await (const change of files.watch({ intervalMs: 5, signal: stop.signal })) {
        seen.push(change);
        if (change.path === "a.csv" && change.change === "changed") await files.remove("a.csv");
        if (change.change === "removed") stop.abort();
      }
    })();
    await files.write("b.png", Buffer.from("22"));
    while (!seen.some(({ path }) => path === "b.png")) await stat(root);
    await files.write("a.csv", Buffer.from("333"));
    await watching;
    expect(seen).toEqual([
      { path: "b.png", change: "created", sizeBytes: 2, mediaType: "image/png" },
      { path: "a.csv", change: "changed", sizeBytes: 3, mediaType: "text/csv" },
      { path: "a.csv", change: "removed", sizeBytes: 0, mediaType: "text/csv" },
    ]);
  });
});

describe("a file tracker", () => {
  it("tells what others did, and not what the host did", async () => {
    const tracker = createFileTracker(root);
    const files = createWorkspaceFiles(root, { onChange: tracker.note });
    await files.write("data/host.csv", Buffer.from("1"));
    expect(tracker.takeChanges()).toEqual([]);
    await files.write("more.csv", Buffer.from("1"));
    await writeFile(join(root, "plot.png"), "png");
    await writeFile(join(root, "data/host.csv"), "12");
    await writeFile(join(root, ".hidden"), "x");
    await mkdir(join(root, "__pycache__"));
    await writeFile(join(root, "__pycache__/x.pyc"), "x");
    await symlink("plot.png", join(root, "link"));
    expect(tracker.takeChanges()).toEqual([
      { path: "data/host.csv", change: "changed", sizeBytes: 2, mediaType: "text/csv" },
      { path: "plot.png", change: "created", sizeBytes: 3, mediaType: "image/png" },
    ]);
    await files.remove("data");
    await rm(join(root, "plot.png"));
    expect(tracker.takeChanges()).toEqual([
      { path: "plot.png", change: "removed", sizeBytes: 0, mediaType: "image/png" },
    ]);
    expect(tracker.takeChanges()).toEqual([]);
  });

  it("gives up where there are too many files, and takes up again later", async () => {
    const tracker = createFileTracker(root);
    tracker.takeChanges();
    await mkdir(join(root, "many"));
    for (let i = 0; i < 1001; i += 1) await writeFile(join(root, `many/${i}`), "");
    expect(tracker.takeChanges()).toEqual([]);
    await rm(join(root, "many"), { recursive: true });
    expect(tracker.takeChanges()).toEqual([]);
    await writeFile(join(root, "a"), "");
    expect(tracker.takeChanges().map(({ path }) => path)).toEqual(["a"]);
  });
});
