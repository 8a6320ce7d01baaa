import { randomFillSync } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { Header } from "tar";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { zipOf } from "../../../test/package-index.ts";
import { isCodeActError } from "../../errors.ts";
import { createWorkspaceFiles } from "./workspace-files.ts";

let root = "";
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "unpack-test-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const failsWith = (code: Parameters<typeof isCodeActError>[1]) =>
  expect.toSatisfy((error) => isCodeActError(error, code));

type TarEntry = readonly [path: string, data?: string | Buffer, type?: string, linkpath?: string];

function tarOf(...entries: readonly TarEntry[]): Buffer {
  const blocks = entries.flatMap(([path, data = "", type = "File", linkpath = ""]) => {
    const content = Buffer.from(data);
    const header = new Header({
      ...{ path, size: content.length, mode: 0o644, mtime: new Date(0), linkpath },
      type: type as "File",
    });
    const block = Buffer.alloc(512);
    header.encode(block, 0);
    return [block, content, Buffer.alloc((512 - (content.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

async function* inPieces(data: Uint8Array, bytes = 1000): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < data.length; start += bytes) {
    yield data.subarray(start, start + bytes);
  }
}

describe("unpack", () => {
  const content = { "a.csv": "1,2\n", "sub/b.txt": "b".repeat(5000), "sub/ü.txt": "" };
  const tar = tarOf(...Object.entries(content), ["empty/", "", "Directory"]);
  const kinds = { zip: zipOf(content), tar, "tar.gz": gzipSync(tar) };

  it.each(Object.entries(kinds))("unpacks %s, whole and from a stream", async (_kind, archive) => {
    const files = createWorkspaceFiles(root);
    for (const [folder, data] of [
      ["whole", archive],
      ["streamed/deep", inPieces(archive)],
    ] as const) {
      const unpacked = await files.unpack(data, folder);
      expect(unpacked).toEqual({
        files: Object.keys(content).map((path) => `${folder}/${path}`),
        skipped: [],
      });
      for (const [path, text] of Object.entries(content)) {
        expect(await readFile(join(root, folder, path), "utf8")).toBe(text);
      }
    }
    expect((await files.list()).length).toBe(6);
  });

  it.each([
    ["zip ..", zipOf({ "../evil": "x" })],
    ["zip deep ..", zipOf({ "ok.txt": "x", "a/../../evil": "x" })],
    ["zip absolute", zipOf({ "/etc/evil": "x" })],
    ["zip backslash", zipOf({ "..\\evil": "x" })],
    ["zip drive", zipOf({ "C:\\evil": "x" })],
    ["tar ..", tarOf(["ok.txt", "x"], ["../evil", "x"])],
    ["tar absolute", tarOf(["/workspace/../evil", "x"])],
    ["tar.gz ..", gzipSync(tarOf(["a/../../evil", "x"]))],
    ["no archive", Buffer.from("just some text, not an archive at all")],
    ["empty", Buffer.alloc(0)],
    ["cut zip", zipOf(content).subarray(0, 60)],
    ["cut tar", tarOf(["a", "x".repeat(3000)]).subarray(0, 1500)],
    ["cut gzip", gzipSync(tar).subarray(0, 40)],
    ["lying zip", lyingZip()],
  ])("refuses %s and unpacks nothing of it", async (_name, archive) => {
    const files = createWorkspaceFiles(root);
    await writeFile(join(root, "ok.txt"), "untouched");
    for (const data of [archive, inPieces(archive)]) {
      await expect(files.unpack(data)).rejects.toEqual(failsWith("invalid_input"));
    }
    expect(await files.list()).toHaveLength(1);
    expect(await readFile(join(root, "ok.txt"), "utf8")).toBe("untouched");
    await expect(readFile(join(root, "..", "evil"))).rejects.toThrow("ENOENT");
  });

  it("skips links and devices, and never writes through them", async () => {
    const files = createWorkspaceFiles(root);
    const outside = await mkdtemp(join(tmpdir(), "unpack-outside-"));
    const hostile = tarOf(
      ["link", "", "SymbolicLink", outside],
      ["hard", "", "Link", "/etc/passwd"],
      ["null", "", "CharacterDevice"],
      ["disk", "", "BlockDevice"],
      ["pipe", "", "FIFO"],
      ["fine.txt", "fine"],
    );
    expect(await files.unpack(hostile)).toEqual({
      files: ["fine.txt"],
      skipped: ["link", "hard", "null", "disk", "pipe"],
    });
    expect(await files.unpack(zipOf({ link: outside }, 0o120_777))).toEqual({
      files: [],
      skipped: ["link"],
    });
    // A link that is skipped, then a file below its name: a file of the workspace.
    await files.unpack(tarOf(["way", "", "SymbolicLink", outside], ["way/evil", "x"]));
    expect(await readFile(join(root, "way/evil"), "utf8")).toBe("x");
    // A link that code of the session has put there before.
    await symlink(outside, join(root, "trap"));
    await expect(files.unpack(tarOf(["trap/evil", "x"]))).rejects.toEqual(
      failsWith("invalid_input"),
    );
    await expect(files.unpack(tarOf(["evil", "x"]), "trap")).rejects.toEqual(
      failsWith("invalid_input"),
    );
    await expect(readFile(join(outside, "evil"))).rejects.toThrow("ENOENT");
    await rm(outside, { recursive: true });
  });

  it("stops at bombs: bytes, files, and archives of archives of zeros", async () => {
    await mkdir(join(root, "there"));
    const files = createWorkspaceFiles(root, {
      limits: { diskBytes: 5_000_000, fileBytes: 3_000_000 },
    });
    const zeros = gzipSync(tarOf(["zeros", Buffer.alloc(50_000_000)]), { level: 9 });
    await expect(files.unpack(zeros)).rejects.toEqual(failsWith("invalid_input"));
    const sparse = Buffer.alloc(20_000_000);
    for (let at = 0; at < sparse.length; at += 10_000) randomFillSync(sparse, at, 50);
    const bomb = gzipSync(tarOf(["sparse", sparse]), { level: 9 });
    expect(bomb.length).toBeLessThan(300_000);
    await expect(files.unpack(bomb)).rejects.toEqual(failsWith("quota_exceeded"));
    await expect(files.unpack(zipOf({ sparse }))).rejects.toEqual(failsWith("quota_exceeded"));
    const many = tarOf(...Array.from({ length: 400 }, (_, i) => [`f${i}`, "x"] as const));
    await expect(files.unpack(gzipSync(many))).rejects.toEqual(failsWith("quota_exceeded"));
    const endless = async function* () {
      for (;;) yield Buffer.alloc(100_000);
    };
    await expect(files.unpack(endless())).rejects.toEqual(failsWith("quota_exceeded"));
    expect(await files.list()).toEqual([]);
  });
});

/** A ZIP that announces less than it holds. */
function lyingZip(): Buffer {
  const zip = zipOf({ lie: "x".repeat(1000) });
  const directory = zip.indexOf("PK\u0001\u0002");
  zip.writeUInt32LE(10, directory + 24);
  return zip;
}
