import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { isCodeActError } from "../../src/errors.ts";
import { createArena, printed, valueOf } from "./arena.ts";

const arena = await createArena();
const hostFolder = mkdtempSync(join(tmpdir(), "attacked-host-"));
const secretPath = join(hostFolder, "secret");
writeFileSync(secretPath, "the host's secret");

afterAll(() => {
  assert.equal(readFileSync(secretPath, "utf8"), "the host's secret");
  assert.deepEqual(readdirSync(hostFolder), ["secret"]);
  rmSync(hostFolder, { recursive: true });
});

const refused = (error: unknown): boolean =>
  isCodeActError(error, "invalid_input") || isCodeActError(error, "file_not_found");

describe("the file system", () => {
  it("1 hides /etc/shadow, the host's home and other sessions' folders", async () => {
    await arena.sibling.execute("open('/workspace/private.txt', 'w').write('private')");
    const outcome = await arena.attack(`
for path in ["/etc/shadow", ${JSON.stringify(secretPath)}, "/run/codeact/sessions", "/run/codeact/zygote.sock"]:
    print(attempt(lambda: open(path).read()))
def denied(error): pass
print([p for p in ${JSON.stringify([homedir(), "/root", "/home", "/var/lib", "/mnt", "/srv"])}
       for folder, _, names in os.walk(p) for name in names
       if "site-packages" not in folder and ".pyenv" not in folder and not folder.startswith(sys.base_prefix)
       and not folder.startswith(sys.prefix)])
print([os.path.join(folder, name) for top in ("/run", "/tmp", "/workspace", "/var") for folder, _, names in os.walk(top)
       for name in names if name in ("private.txt", "secret", "zygote.sock")])`);
    expect(printed(outcome)).toMatch(
      /^ENOENT\nENOENT\n(ENOENT|EACCES)\n(ENOENT|EACCES)\n\[\]\n\[\]\n$/,
    );
  });

  it("2 cannot write /usr, the environment or the kernel's own source", async () => {
    const outcome = await arena.attack(`
import encodings
places = ["/usr/evil", "/usr/bin/evil", "/etc/evil", "/evil", "/dev/evil", "/opt/codeact/python/evil",
          os.path.dirname(encodings.__file__) + "/evil", sys.prefix + "/evil", "/var/cache/codeact/evil"]
for path in places:
    print(attempt(lambda: open(path, "w")))
print(attempt(lambda: open("/opt/codeact/python/codeact_kernel/worker.py", "a")))
print(attempt(os.chmod, "/opt/codeact/python/codeact_kernel/worker.py", 0o777))
print(attempt(os.rename, "/usr/bin/env", "/usr/bin/env2"))`);
    const lines = printed(outcome).trim().split("\n");
    expect(lines).toHaveLength(12);
    for (const line of lines) expect(line).toMatch(/^(EROFS|EACCES|EPERM|ENOENT)$/);
  });

  it("3 refuses .. and absolute paths through the file API", async () => {
    await using session = await arena.open();
    const files = session.files ?? expect.fail("no files");
    for (const path of [
      "../x",
      "a/../../x",
      secretPath,
      "/etc/passwd",
      "/workspace/../x",
      "",
      ".",
    ]) {
      await expect(files.read(path)).rejects.toSatisfy(refused);
      await expect(files.write(path, Buffer.from("evil"))).rejects.toSatisfy(refused);
    }
    await arena.checkBoth(session);
  });

  it("4 never follows a link out when the host downloads", async () => {
    await using session = await arena.open();
    const files = session.files ?? expect.fail("no files");
    await session.execute(`
os.symlink(${JSON.stringify(secretPath)}, "link"); os.symlink(${JSON.stringify(hostFolder)}, "folder")
os.symlink("/proc/self/root/etc", "proc"); os.mkdir("real"); os.symlink("../link", "real/link")`);
    for (const path of ["link", "folder/secret", "proc/passwd", "real/link"]) {
      await expect(files.read(path)).rejects.toSatisfy(refused);
    }
    await expect(files.write("folder/evil", Buffer.from("x"))).rejects.toSatisfy(refused);
    expect(await files.list()).toEqual([]);
    await arena.checkBoth(session);
  });

  it("5 cannot link to foreign files", async () => {
    const outcome = await arena.attack(`
for path in ["/etc/passwd", "/usr/bin/env", "/proc/self/status", "/dev/null", sys.executable]:
    print(attempt(os.link, path, "hard"))`);
    for (const line of printed(outcome).trim().split("\n")) {
      expect(line).toMatch(/^(EXDEV|EPERM|EROFS|EACCES)$/);
    }
  });

  it("6 never reads through a link that is swapped in during a download", async () => {
    await using session = await arena.open();
    const files = session.files ?? expect.fail("no files");
    await session.execute(`
os.mkdir("d"); open("d/secret", "w").write("own")
if os.fork() == 0:
    import time
    end = time.monotonic() + 5
    while time.monotonic() < end:
        try:
            os.rename("d", "e"); os.symlink(${JSON.stringify(hostFolder)}, "d"); os.unlink("d"); os.rename("e", "d")
        except OSError:
            pass
    os._exit(0)`);
    const seen = new Set<string>();
    for (let round = 0; round < 1500; round += 1) {
      try {
        seen.add(Buffer.from(await files.read("d/secret")).toString());
      } catch (error) {
        expect(refused(error)).toBe(true);
      }
    }
    seen.delete("own");
    expect([...seen]).toEqual([]);
    await arena.checkBoth(session);
  });

  it("6 cannot reach the workspace of a fork while the host fills it", async () => {
    await using session = await arena.open();
    await session.execute(`
os.mkdir("d")
for number in range(100): open(f"d/{number}", "w").write("x")
if os.fork() == 0:
    import time
    end = time.monotonic() + 10
    while time.monotonic() < end and not os.path.exists("over"):
        for folder, folders, files in os.walk("/run/codeact"):
            try:
                if "d" in folders:
                    os.rename(f"{folder}/d", f"{folder}/e"); os.symlink(${JSON.stringify(hostFolder)}, f"{folder}/d")
                    open("reached", "w").write(folder)
            except OSError:
                pass
    os._exit(0)`);
    const fork = (await session.fork?.()) ?? expect.fail("no forks");
    await session.execute(`open("over", "w").close()`);
    expect(readdirSync(hostFolder)).toEqual(["secret"]);
    expect(await valueOf(session, `os.path.exists("reached")`)).toBe("False");
    expect(await valueOf(fork, `len(os.listdir("d"))`)).toBe("100");
    await fork.close();
    await arena.checkBoth(session);
  });

  it("7 skips FIFOs, sockets and devices among the outputs", async () => {
    await using session = await arena.open();
    const files = session.files ?? expect.fail("no files");
    const outcome = await session.execute(`
import socket, stat
os.mkfifo("fifo")
server = socket.socket(socket.AF_UNIX); server.bind("sock"); server.listen()
print(attempt(os.mknod, "zero", 0o666 | stat.S_IFCHR, os.makedev(1, 5)))
print(attempt(os.mknod, "disk", 0o666 | stat.S_IFBLK, os.makedev(254, 0)))
open("plain", "w").write("ok")`);
    expect(printed(outcome)).toBe("EPERM\nEPERM\n");
    expect((await files.list()).map((file) => file.path)).toEqual(["plain"]);
    for (const path of ["fifo", "sock"]) await expect(files.read(path)).rejects.toSatisfy(refused);
    await arena.checkBoth(session);
  });

  it("8 sees only its own processes, and no memory or root of process 1", async () => {
    const outcome = await arena.attack(`
print(sorted(int(p) for p in os.listdir("/proc") if p.isdigit())[:2])
for name in ["root", "environ", "mem", "fd", "maps", "cwd", "exe", "map_files", "ns/mnt"]:
    path = "/proc/1/" + name
    print(attempt(os.listdir, path) if name in ("fd", "map_files") else attempt(lambda: os.open(path, os.O_RDONLY)))`);
    const [pids, ...rest] = printed(outcome).trim().split("\n");
    expect(pids).toBe("[1, 2]");
    for (const line of rest) expect(line).toMatch(/^(EACCES|EPERM)$/);
  });

  it("9 inherits no descriptor but its own", async () => {
    const outcome = await arena.attack(`
import stat
kinds = set()
for fd in os.listdir("/proc/self/fd"):
    try:
        target = os.readlink("/proc/self/fd/" + fd)
    except OSError:
        continue
    kinds.add(target.split(":")[0])
print(sorted(kinds))
own = [fd for fd in map(int, os.listdir("/proc/self/fd")) if os.path.exists(f"/proc/self/fd/{fd}")]
sockets = [fd for fd in own if stat.S_ISSOCK(os.fstat(fd).st_mode)]
print(len(sockets))`);
    const [kinds, sockets] = printed(outcome).trim().split("\n");
    expect(kinds).toMatch(/^\['\/dev\/null', 'pipe', 'socket'\]$/);
    expect(sockets).toBe("1");
  });

  it("10 cannot write /proc/sys, sysrq-trigger or core_pattern", async () => {
    const outcome = await arena.attack(`
written = []
for folder, _, names in os.walk("/proc/sys"):
    for name in names:
        path = os.path.join(folder, name)
        try:
            text = open(path, "rb").read() or b"1"
            with open(path, "wb", buffering=0) as file:
                file.write(text)
            written.append(path)
        except OSError:
            pass
print(written)
for path in ["/proc/sysrq-trigger", "/proc/sys/kernel/core_pattern", "/proc/self/oom_score_adj"]:
    print(attempt(lambda: open(path, "wb", buffering=0).write(b"-1000")))`);
    expect(printed(outcome)).toMatch(/^\[\]\n((EACCES|EROFS|EPERM|ENOENT)\n){3}$/);
  });

  it("11 has no /dev/mem, kmsg, kvm or block devices", async () => {
    const outcome = await arena.attack(`
import stat
print([p for p in ("mem", "kmem", "port", "kmsg", "kvm", "fuse", "net/tun", "snapshot", "loop0", "vhost-net")
       if os.path.exists("/dev/" + p)])
print([name for name in os.listdir("/dev")
       if os.path.exists("/dev/" + name) and stat.S_ISBLK(os.stat("/dev/" + name).st_mode)])
print(os.path.exists("/sys/kernel"))`);
    expect(printed(outcome)).toBe("[]\n[]\nFalse\n");
  });

  it("12 gains nothing from setuid programs", async () => {
    const outcome = await arena.attack(`
import subprocess, shutil
shutil.copy(shutil.which("id"), "id"); os.chmod("id", 0o6755)
print(subprocess.run(["./id", "-u"], capture_output=True, text=True).stdout.strip())
for program in ("su", "sudo", "mount", "newuidmap", "passwd"):
    path = shutil.which(program)
    if path:
        done = subprocess.run([path, "-c", "id -u"], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        print("0" in done.stdout.split())
print(attempt(os.setuid, 0), attempt(os.setgid, 0), attempt(os.setgroups, []))`);
    const lines = printed(outcome).trim().split("\n");
    expect(lines[0]).toBe("1000");
    expect(lines.at(-1)).toMatch(/^(EPERM|EINVAL) (EPERM|EINVAL) (EPERM|EINVAL)$/);
    expect(lines.slice(1, -1).every((line) => line === "False")).toBe(true);
  });

  it("13 runs nothing from memory that escapes the filter", async () => {
    const outcome = await arena.attack(`
import shutil, subprocess
print(call("memfd_create", b"evil", 0))
script = "import ctypes; libc = ctypes.CDLL(None, use_errno=True); print(libc.unshare(0x10000000), ctypes.get_errno())"
for folder in ("/dev/shm", "/tmp", "/workspace"):
    path = folder + "/shell"
    shutil.copy("/bin/sh", path)
    command = [path, "-c", 'exec "$0" -c "$1"', sys.executable, script]
    print(subprocess.run(command, capture_output=True, text=True).stdout.strip())`);
    expect(printed(outcome)).toBe("ENOSYS\n-1 1\n-1 1\n-1 1\n");
  });

  it("15 handles odd names, and refuses NUL", async () => {
    await using session = await arena.open();
    const files = session.files ?? expect.fail("no files");
    const names = [
      "né ü 雪.txt",
      "a\nb",
      "\u202Efdp.exe",
      "x".repeat(255),
      "-rf",
      "'\"$(id)",
      "...",
    ];
    for (const name of names) await files.write(name, Buffer.from(name));
    expect((await files.list()).map((file) => file.path).toSorted()).toEqual(names.toSorted());
    for (const name of names) {
      expect(Buffer.from(await files.read(name)).toString()).toBe(name);
    }
    expect(await valueOf(session, "len(os.listdir('/workspace'))")).toBe(`${names.length}`);
    await expect(files.write("nul\0", Buffer.from("x"))).rejects.toSatisfy(refused);
    await expect(files.write("y".repeat(256), Buffer.from("x"))).rejects.toSatisfy(refused);
    await session.execute(String.raw`open(b"/workspace/bad\xff\xfe", "w").write("x")`);
    expect(Array.isArray(await files.list())).toBe(true);
    await arena.checkBoth(session);
  });

  it("lists and removes folders nested without end, and folders without rights", async () => {
    const session = await arena.open();
    const files = session.files ?? expect.fail("no files");
    await session.execute(`
os.mkdir("locked"); open("locked/file", "w").write("x"); os.chmod("locked", 0)
for _ in range(1500):
    os.mkdir("deep"); os.chdir("deep")
open("bottom", "w").write("x"); os.chdir("/workspace")`);
    expect(Array.isArray(await files.list())).toBe(true);
    await arena.checkBoth(session);
    const { id } = session;
    await session.close();
    const left = readdirSync(tmpdir())
      .filter((name) => name.startsWith(`codeact-${process.pid}-`))
      .filter((name) => existsSync(join(tmpdir(), name, "sessions", id)));
    expect(left).toEqual([]);
    expect(spawnSync("true").status).toBe(0);
  });
});
