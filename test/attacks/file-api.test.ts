import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { isCodeActError } from "../../src/errors.ts";
import type { SessionFiles } from "../../src/execution/files/session-files.ts";
import type { Session } from "../../src/execution/session.ts";
import { zipOf } from "../package-index.ts";
import { createArena, printed } from "./arena.ts";

const arena = await createArena();
const hostFolder = mkdtempSync(join(tmpdir(), "attacked-host-"));
const secretPath = join(hostFolder, "secret");
writeFileSync(secretPath, "the host's secret");

afterAll(() => {
  assert.equal(readFileSync(secretPath, "utf8"), "the host's secret");
  assert.deepEqual(readdirSync(hostFolder), ["secret"]);
  rmSync(hostFolder, { recursive: true });
});

const refused = expect.toSatisfy(
  (error) => isCodeActError(error, "invalid_input") || isCodeActError(error, "file_not_found"),
);

function filesOf(session: Session): Required<SessionFiles> {
  return session.files as Required<SessionFiles>;
}

/** Everything that takes a path, each with one. */
function operations(files: Required<SessionFiles>, path: string): (() => Promise<unknown>)[] {
  return [
    () => files.read(path),
    () => files.stream(path),
    () => files.write(path, Buffer.from("evil")),
    () => files.remove(path),
    () => files.rename(path, "taken"),
    () => files.rename("own.txt", path),
    () => files.list({ folder: path }),
    () => files.unpack(zipOf({ "evil.txt": "evil" }), path === "" ? ".." : path),
  ];
}

describe("the file API", () => {
  it("1 2 3 refuses .., absolute paths and NUL, whatever is done with them", async () => {
    await using session = await arena.open();
    const files = filesOf(session);
    await files.write("own.txt", Buffer.from("own"));
    for (const path of [
      "../x",
      "a/../../x",
      secretPath,
      "/etc/passwd",
      "/workspace/../x",
      "..",
      "x\0y",
    ]) {
      for (const operation of operations(files, path)) {
        await expect(operation()).rejects.toEqual(refused);
      }
    }
    expect((await files.list()).map(({ path }) => path)).toEqual(["own.txt"]);
    await arena.checkBoth(session);
  });

  it("4 5 follows no link out, at the end of a path or on its way", async () => {
    await using session = await arena.open();
    const files = filesOf(session);
    const outcome = await session.execute(`
open("own.txt", "w").write("own")
os.symlink(${JSON.stringify(secretPath)}, "link"); os.symlink(${JSON.stringify(hostFolder)}, "folder")
os.symlink("/proc/self/root/etc", "proc"); os.mkdir("real"); os.symlink("..", "real/up"); os.symlink("/", "real/root")`);
    for (const path of [
      "folder/secret",
      "proc/passwd",
      "real/up/own.txt",
      "real/root/etc/passwd",
    ]) {
      for (const operation of operations(files, path)) {
        await expect(operation()).rejects.toEqual(refused);
      }
    }
    // A link itself can be removed or replaced; what it points to is not touched.
    await expect(files.rename("folder", "taken")).rejects.toEqual(refused);
    await files.write("link", Buffer.from("a file in the link's place"));
    await files.remove("folder");
    await files.remove("real");
    expect((await files.list()).map(({ path }) => path)).toEqual(["link", "own.txt"]);
    expect(outcome.files?.map(({ path }) => path)).toEqual(["own.txt"]);
    await arena.checkBoth(session);
  });

  it("6 is not led out by folders and links that change places meanwhile", async () => {
    await using session = await arena.open();
    const files = filesOf(session);
    await session.execute(`
os.mkdir("d"); open("d/secret", "w").write("own")
if os.fork() == 0:
    import time
    end = time.monotonic() + 6
    while time.monotonic() < end:
        try:
            os.rename("d", "e"); os.symlink(${JSON.stringify(hostFolder)}, "d"); os.unlink("d"); os.rename("e", "d")
        except OSError:
            pass
    os._exit(0)`);
    const seen = new Set<string>();
    for (let round = 0; round < 60; round += 1) {
      for (const operation of [
        async () => void seen.add(Buffer.from(await files.read("d/secret")).toString()),
        async () => {
          for await (const chunk of await files.stream("d/secret")) {
            seen.add(Buffer.from(chunk).toString());
          }
        },
        () => files.write(`d/new-${round}`, Buffer.from("x")),
        () => files.remove(`d/new-${round}`),
        () => files.unpack(zipOf({ "d/deep/evil": "x" })),
        () => files.remove("d/deep"),
        () => files.list({ folder: "d" }),
      ]) {
        await operation().catch((error: unknown) => expect(error).toEqual(refused));
      }
    }
    seen.delete("own");
    expect([...seen]).toEqual([]);
    expect(readdirSync(hostFolder)).toEqual(["secret"]);
    await arena.checkBoth(session);
  });

  it("7 11 12 reads no FIFO, socket or device, and reports none", async () => {
    await using session = await arena.open();
    const files = filesOf(session);
    const outcome = await session.execute(`
import socket
os.mkfifo("fifo")
server = socket.socket(socket.AF_UNIX); server.bind("sock"); server.listen()
open("plain", "w").write("ok"); os.chmod("plain", 0o6755)`);
    expect(outcome.files).toEqual([
      { path: "plain", change: "created", sizeBytes: 2, mediaType: "application/octet-stream" },
    ]);
    for (const path of ["fifo", "sock"]) {
      await expect(files.read(path)).rejects.toEqual(refused);
      await expect(files.stream(path)).rejects.toEqual(refused);
      await expect(files.rename(path, "x")).rejects.toEqual(refused);
      await files.write(path, Buffer.from("now a file"));
    }
    // A file from the host has no more rights than any other.
    expect(
      printed(await session.execute("print(oct(os.stat('sock').st_mode), os.stat('sock').st_uid)")),
    ).toBe("0o100644 1000\n");
    await arena.checkBoth(session);
  });

  it("8 9 10 gives no way through /proc: descriptors of the host stay its own", async () => {
    await using session = await arena.open();
    const files = filesOf(session);
    await session.execute(`
for number in range(64):
    os.symlink(f"/proc/self/fd/{number}", f"fd{number}")
os.symlink("/proc/self/cwd", "cwd"); os.symlink("/proc/self/root", "root"); os.mkdir("proc"); os.symlink("/proc/self", "proc/self")`);
    for (const path of [
      ...Array.from({ length: 64 }, (_, n) => `fd${n}`),
      "cwd",
      "root",
      "proc/self",
    ]) {
      await expect(files.read(path)).rejects.toEqual(refused);
      await expect(files.list({ folder: path })).rejects.toEqual(refused);
      await expect(files.read(`${path}/secret`)).rejects.toEqual(refused);
    }
    await arena.checkBoth(session);
  });

  it("13 15 32 handles odd names, and a disk that code has filled", async () => {
    await using session = await arena.open({ diskBytes: 20_000_000 });
    const files = filesOf(session);
    const names = [
      "né ü 雪.txt",
      "a\nb",
      "\u202Efdp.exe",
      "x".repeat(255),
      "-rf",
      "'\"$(id)",
      "__proto__",
    ];
    for (const name of names) await files.write(`in/${name}`, Buffer.from(name));
    const outcome = await session.execute(`
import shutil
shutil.copytree("in", "out")
open(b"bad\\\\xff\\\\xfe", "w").write("x")
open("fill", "wb").write(b"x" * 18_000_000)`);
    expect(
      outcome.files
        ?.map(({ path }) => path)
        .filter((path) => path.startsWith("out/"))
        .toSorted(),
    ).toEqual(names.map((name) => `out/${name}`).toSorted());
    await expect(files.write("more", Buffer.alloc(3_000_000))).rejects.toEqual(
      expect.toSatisfy((error) => isCodeActError(error, "quota_exceeded")),
    );
    await files.remove("fill");
    await arena.checkBoth(session);
  });

  it("14 unpacks hostile archives into nothing but the workspace", async () => {
    await using session = await arena.open();
    const files = filesOf(session);
    for (const name of ["../evil", "/etc/evil", "a/../../evil", "..\\\\evil"]) {
      await expect(files.unpack(zipOf({ "fine.txt": "x", [name]: "x" }))).rejects.toEqual(refused);
    }
    expect((await files.unpack(zipOf({ link: hostFolder }, 0o120_777))).skipped).toEqual(["link"]);
    expect(await files.list()).toEqual([]);
    await files.unpack(zipOf({ "data/a.csv": "1,2" }), "in");
    expect(
      printed(await session.execute("print(open('in/data/a.csv').read(), os.stat('in').st_uid)")),
    ).toBe("1,2 1000\n");
    await arena.checkBoth(session);
  });

  it("33 lists a million files no further than it may, and does not wait for them", async () => {
    await using session = await arena.open({ diskBytes: 1024 ** 4, timeoutMs: 60_000 });
    const outcome = await session.execute(`
os.mkdir("many")
for number in range(30_000):
    os.close(os.open(f"many/{number}", os.O_CREAT))
with open("sparse", "wb") as file: file.truncate(30 * 1024 ** 2)`);
    expect([outcome.status, outcome.files]).toEqual(["ok", undefined]);
    expect(await filesOf(session).list()).toHaveLength(10_000);
    await arena.checkBoth(session);
  });
});
