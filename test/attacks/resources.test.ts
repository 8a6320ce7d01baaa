import { statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { describe, expect, it } from "vitest";
import type { Outcome } from "../../src/execution/outcome.ts";
import { createArena, printed, valueOf } from "./arena.ts";

const arena = await createArena();
const mebibyte = 1024 ** 2;

/** The attack either got a clean error in Python or cost its worker, with the outcome that says why. */
function expectErrorOrKill(outcome: Outcome, reason: string, errors: readonly string[]): void {
  if (outcome.status === "crashed") {
    expect(outcome.crash?.reason).toBe(reason);
    expect(outcome.state).toBe("rolled-back");
  } else {
    expect(outcome.status).toBe("error");
    expect(errors).toContain(outcome.error?.name);
  }
}

describe("resources", () => {
  it("30 fork bomb", async () => {
    await using session = await arena.open({ timeoutMs: 1500 });
    const bomb = session.execute(`
import time
while True:
    try:
        os.fork()
    except OSError:
        time.sleep(0.01)`);
    for (let round = 0; round < 20; round += 1) {
      expect(await valueOf(arena.sibling, "6 * 7")).toBe("42");
    }
    const outcome = await bomb;
    expect(["timeout", "crashed", "error"]).toContain(outcome.status);
    const left = await valueOf(session, "len([p for p in os.listdir('/proc') if p.isdigit()])");
    expect(Number(left)).toBeLessThanOrEqual(36);
    await arena.checkBoth(session);
  });

  it("30 fork bomb of the shell, in the background", async () => {
    await using session = await arena.open({ timeoutMs: 1500 });
    await session.execute(`
import subprocess
subprocess.Popen(["sh", "-c", "b() { b | b & sleep 0.1; b; }; b"], stdout=-3, stderr=-3, start_new_session=True)
import time; time.sleep(0.5)`);
    expect(await valueOf(arena.sibling, "6 * 7")).toBe("42");
    await arena.checkBoth(session);
    const count = await valueOf(session, "len([p for p in os.listdir('/proc') if p.isdigit()])");
    expect(Number(count)).toBeLessThanOrEqual(40);
  });

  it("31 memory bomb of one process", async () => {
    const outcome = await arena.attack(`
hoard = []
while True:
    hoard.append(bytearray(16 << 20))`);
    expectErrorOrKill(outcome, "memory", ["MemoryError"]);
  });

  it("31 memory bomb of many processes (K)", async () => {
    const outcome = await arena.attack(`
import time
for _ in range(8):
    if os.fork() == 0:
        hoard = [bytearray(b"x") * (8 << 20) for _ in range(20)]
        time.sleep(60)
        os._exit(0)
time.sleep(60)`);
    expect(outcome.status).toBe("crashed");
    expect(outcome.crash?.reason).toBe("memory");
    expect(outcome.state).toBe("rolled-back");
  });

  it("31 memory bomb of processes that go on without their first thread (K)", async () => {
    const outcome = await arena.attack(`
import subprocess, time
code = """
import ctypes, threading, time
def fill():
    time.sleep(0.5); held = b"x" * (100 << 20); time.sleep(60)
threading.Thread(target=fill).start()
ctypes.CDLL(None).syscall({'x86_64': 60, 'aarch64': 93}['%s'], 0)""" % os.uname().machine
for _ in range(4): subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
time.sleep(9)`);
    expect(outcome).toMatchObject({ status: "crashed", crash: { reason: "memory" } });
  });

  it("31 memory bomb in shared memory that no folder shows (K)", async () => {
    const outcome = await arena.attack(`
import mmap, time
for _ in range(6):
    if os.fork() == 0:
        shared = mmap.mmap(-1, 120 << 20)
        if os.fork() == 0:
            for i in range(0, 120 << 20, 4096):
                shared[i] = 1
            os._exit(0)
        time.sleep(60)
        os._exit(0)
time.sleep(60)`);
    expect(outcome.status).toBe("crashed");
    expect(outcome.crash?.reason).toBe("memory");
  });

  it("31 memory bomb in tmpfs, /dev/shm, memfd, System V memory and messages", async () => {
    const outcome = await arena.attack(`
block = b"x" * (1 << 20)
for folder in ("/tmp", "/dev/shm", "/home/codeact"):
    written = 0
    try:
        with open(folder + "/bomb", "wb", buffering=0) as file:
            while True:
                written += file.write(block)
    except OSError as error:
        print(errno.errorcode[error.errno], written <= 16 << 20)
print(call("memfd_create", b"bomb", 0), call("shmget", 0, 1 << 30, 0o1600))
print(call("msgget", 0, 0o1600), call("semget", 0, 32000, 0o1600))`);
    expect(printed(outcome)).toBe(
      "ENOSPC True\nENOSPC True\nENOSPC True\nENOSYS ENOSYS\nENOSYS ENOSYS\n",
    );
  });

  it("31 memory bomb of full pipes and sockets", async () => {
    const outcome = await arena.attack(`
import socket, time
for _ in range(20):
    if os.fork() == 0:
        pairs = []
        try:
            while True:
                pair = socket.socketpair(); pairs.append(pair)
                pair[0].setblocking(False)
                try:
                    while True:
                        pair[0].send(b"x" * 65536)
                except BlockingIOError:
                    pass
        except OSError:
            pass
        time.sleep(60)
time.sleep(60)`);
    expect(outcome.status).toBe("crashed");
    expect(outcome.crash?.reason).toBe("memory");
  });

  it("32 disk and inodes full", async () => {
    const before = statfsSync(tmpdir());
    const outcome = await arena.attack(`
block = b"x" * (4 << 20)
n = 0
while True:
    with open(f"fill-{n}", "wb") as file:
        for _ in range(4):
            file.write(block)
    n += 1`);
    expectErrorOrKill(outcome, "disk", ["OSError"]);
    const inodes = await arena.attack(`
for n in range(10_000_000):
    open(f"/tmp/{n}", "w").close()`);
    expectErrorOrKill(inodes, "disk", ["OSError"]);
    const many = await arena.attack(`
n = 0
while True:
    n += 1
    open(f"/workspace/{n}", "w").close()`);
    expectErrorOrKill(many, "disk", ["OSError"]);
    const after = statfsSync(tmpdir());
    expect(before.bavail * before.bsize - after.bavail * after.bsize).toBeLessThan(4096 * mebibyte);
  });

  it("32 disk of a fork, and in folders nested deeper than paths reach (K)", async () => {
    await using session = await arena.open();
    const fill = `
import time
for n in range(60):
    with open(f"fill-{n}", "wb") as file: file.write(b"x" * (4 << 20))
    time.sleep(0.02)`;
    const fork = (await session.fork?.()) ?? expect.fail("no forks");
    const inFork = await fork.execute(fill);
    expect(inFork).toMatchObject({ status: "crashed", crash: { reason: "disk" } });
    expect((await session.execute("import time; time.sleep(0.6)")).status).toBe("ok");
    await fork.close();
    const nested = await session.execute(`
for _ in range(30):
    os.mkdir("d" * 200); os.chdir("d" * 200)
${fill}`);
    expect(nested).toMatchObject({ status: "crashed", crash: { reason: "disk" } });
    await arena.checkBoth(session);
  });

  it("32 lets the next cell clean up a disk that is full", async () => {
    await using session = await arena.open();
    await session.execute(`
for n in range(40):
    with open(f"fill-{n}", "wb") as file:
        file.write(b"x" * (4 << 20))
import time; time.sleep(2)`);
    const outcome = await session.execute(`
import time; time.sleep(0.6)
for name in os.listdir("/workspace"): os.unlink("/workspace/" + name)
time.sleep(0.6); "clean"`);
    expect(outcome.status).toBe("ok");
    await arena.checkBoth(session);
  });

  it("33 sparse 1 TB file", async () => {
    const outcome = await arena.attack(`
for path in ("/workspace/sparse", "/tmp/sparse"):
    with open(path, "wb") as file:
        print(attempt(file.truncate, 1 << 40), attempt(os.posix_fallocate, file.fileno(), 0, 1 << 40))
        print(attempt(os.lseek, file.fileno(), 1 << 40, 0) == 1 << 40, attempt(os.write, file.fileno(), b"x"))`);
    expect(printed(outcome)).toBe("EFBIG EFBIG\nTrue EFBIG\nEFBIG EFBIG\nTrue EFBIG\n");
  });

  it("34 descriptors exhausted", async () => {
    await using session = await arena.open();
    const outcome = await session.execute(`
held = []
try:
    while True:
        held.append(os.open("/dev/null", os.O_RDONLY))
except OSError as error:
    print(errno.errorcode[error.errno], len(held) <= 4096)`);
    expect(printed(outcome)).toBe("EMFILE True\n");
    await arena.checkBoth(session);
    expect((await session.execute("print('still talks')")).status).toBe("ok");
    expect((await session.execute("[os.close(fd) for fd in held]; None")).status).toBe("ok");
    await arena.checkBoth(session);
  });

  it("35 thread bomb", async () => {
    const outcome = await arena.attack(`
import threading
stop = threading.Event()
count = 0
try:
    while True:
        threading.Thread(target=stop.wait, daemon=True).start(); count += 1
except RuntimeError as error:
    print(type(error).__name__, count < 40)
stop.set()`);
    expect(printed(outcome)).toBe("RuntimeError True\n");
  });

  it("36 CPU spin in many processes: control still answers", async () => {
    await using session = await arena.open();
    await session.execute(`
for _ in range(16):
    if os.fork() == 0:
        while True: pass`);
    await arena.checkBoth(session);
    const abort = new AbortController();
    const spinning = session.execute("print('spins')\nwhile True: pass", {
      signal: abort.signal,
      onOutput: () => abort.abort(),
    });
    expect((await spinning).status).toBe("interrupted");
    await arena.checkBoth(session);
  });

  it("37 output flood: truncated with a marker", async () => {
    const held = process.memoryUsage().rss;
    const outcome = await arena.attack(
      `
import sys
line = "x" * 999 + "\\n"
for _ in range(300):
    sys.stdout.write(line * 1000)
os.system("yes | head -c 100000000; yes | head -c 100000000 >&2")
print("the end")`,
    );
    expect(outcome.truncated?.omittedBytes).toBeGreaterThan(400_000_000);
    const text = printed(outcome);
    expect(text.length).toBeLessThan(200_000);
    expect(text).toMatch(/bytes of output left out/);
    expect(text).toContain("the end\n");
    expect(process.memoryUsage().rss - held).toBeLessThan(400 * mebibyte);
  });

  it("38 one huge line without newline", async () => {
    const outcome = await arena.attack(`print("x" * (20 << 20), end="")`);
    expect(outcome.status).toBe("ok");
    expect(
      outcome.outputs.reduce((sum, output) => sum + JSON.stringify(output).length, 0),
    ).toBeLessThan(mebibyte);
    expect(outcome.truncated).toBeDefined();
  });

  it.each([
    ["huge", "return 'x' * (150 << 20)"],
    ["recursive", "return repr(self)"],
    ["raising", "raise SystemExit(3)"],
    ["of no text", "return 7"],
    ["killing", "os._exit(3)"],
    ["never-returning", "\n        while True: pass"],
  ])("39 __repr__ that is %s", async (_kind, body) => {
    const outcome = await arena.attack(`class Evil:\n    def __repr__(self): ${body}\n[Evil()]`, {
      timeoutMs: 1000,
    });
    expect(JSON.stringify(outcome.outputs).length).toBeLessThan(4 * mebibyte);
  });

  it.each([
    ["int-to-str", "import sys; sys.set_int_max_str_digits(0); str(1 << 2**27)"],
    ["regex backtracking", "import re; re.match('(a+)+$', 'a' * 64 + 'b')"],
    ["C loop", "sum(range(10**15))"],
    ["C loop without end", "import itertools; any(0 for _ in map(int, itertools.repeat(0)) if _)"],
  ])("40 %s: the deadline ends it", async (_kind, code) => {
    const outcome = await arena.attack(code, { timeoutMs: 500 });
    expect(["timeout", "error"]).toContain(outcome.status);
  });

  it("41 deep recursion in Python and in C", async () => {
    const python = await arena.attack("def f(): return f()\nf()");
    expect(python.error?.name).toBe("RecursionError");
    const stack = await arena.attack(`
import sys
sys.setrecursionlimit(10**9)
deep = []
for _ in range(10**6): deep = [deep]
class A:
    def __getattr__(self, name): return getattr(self, name)
def f(a): return sorted([1, 2], key=lambda x: f(a))
f(0)`);
    expect(["error", "crashed"]).toContain(stack.status);
    const overflow = await arena.attack(`
callback = ctypes.CFUNCTYPE(ctypes.c_int)(lambda: callback())
import sys; sys.setrecursionlimit(10**9)
callback()`);
    expect(["ok", "error", "crashed"]).toContain(overflow.status);
  });

  it("42 decompression bomb, and a giant picture in display", async () => {
    const bomb = await arena.attack(`
import zlib
data = zlib.compress(bytes(1 << 27), 9)
for _ in range(100):
    held = [zlib.decompress(data) for _ in range(100)]`);
    expectErrorOrKill(bomb, "memory", ["MemoryError"]);
    const picture = await arena.attack(
      `
class Picture:
    def _repr_png_(self): return b"\\x89PNG" + bytes(40 << 20)
    def _repr_html_(self): return "<b>" + "x" * (40 << 20)
    def __repr__(self): return "a picture"
display(Picture()); display(Picture())`,
      { memoryBytes: 1024 * mebibyte },
    );
    expect(picture.status).toBe("ok");
    expect(JSON.stringify(picture.outputs).length).toBeLessThan(64 * mebibyte);
  });
});
