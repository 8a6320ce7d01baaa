import { execFileSync, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { Session } from "../../src/execution/session.ts";
import { createArena, printed, valueOf } from "./arena.ts";
import { descendantsOf } from "../process-tree.ts";

const arena = await createArena();

async function expectRolledBack(session: Session, code: string, crash: object): Promise<void> {
  const outcome = await session.execute(`kept = "lost"\n${code}`);
  expect(outcome.crash).toMatchObject(crash);
  expect(outcome.state).toBe("rolled-back");
  await arena.checkBoth(session);
}

/** Asks again and again until it is so; the test's own deadline bounds it. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(20);
}

describe("the life cycle", () => {
  it.each([
    [
      "ignores SIGINT",
      "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass",
    ],
    [
      "catches BaseException",
      "import time\nwhile True:\n  try: time.sleep(60)\n  except BaseException: pass",
    ],
    [
      "blocks all signals",
      "import signal; signal.pthread_sigmask(0, range(1, 64))\nwhile True: pass",
    ],
    ["50 stops itself", "import signal; os.kill(os.getpid(), signal.SIGSTOP)"],
    ["50 stops its group", "import signal; os.killpg(0, signal.SIGSTOP)"],
    [
      "waits for a stopped child",
      "import signal\npid = os.fork()\nif not pid: os.kill(os.getpid(), 19)\nwhile True:\n  try: os.waitpid(pid, 0)\n  except BaseException: pass",
    ],
  ])("43 loop that %s: killed after its grace, rolled back, reported (K)", async (_what, code) => {
    await using session = await arena.open({ timeoutMs: 400 });
    const outcome = await session.execute(`kept = "lost"\n${code}`);
    expect(outcome.status).toBe("timeout");
    expect(outcome.crash).toEqual({ reason: "deadline" });
    expect(outcome.state).toBe("rolled-back");
    await arena.checkBoth(session);
  });

  it("44 os._exit, SIGKILL on itself (K), and sys.exit", async () => {
    await using session = await arena.open();
    await expectRolledBack(session, "os._exit(3)", { reason: "exit", exitCode: 3 });
    await expectRolledBack(session, "os._exit(0)", { reason: "exit", exitCode: 0 });
    await expectRolledBack(session, "os.kill(os.getpid(), 9)", { signal: "SIGKILL" });
    await expectRolledBack(session, "ctypes.string_at(0)", { signal: "SIGSEGV" });
    const exit = await session.execute("import sys; sys.exit(4)");
    expect(exit.status).toBe("error");
    await arena.checkBoth(session);
  });

  it("45 closes or replaces descriptors 0-2 and the wire", async () => {
    await using session = await arena.open();
    for (const code of [
      "for fd in (0, 1, 2): os.close(fd)",
      "null = os.open('/dev/null', os.O_RDWR)\nfor fd in (0, 1, 2): os.dup2(null, fd)",
      "import sys; sys.stdout.close(); sys.stderr.close()",
      "import sys; sys.stdout = sys.stderr = sys.stdin = None",
    ]) {
      await session.execute(code);
      await arena.checkBoth(session);
      expect(printed(await session.execute("print('seen'); os.system('echo child'); None"))).toBe(
        "seen\nchild\n",
      );
    }
    for (const code of [
      "os.closerange(0, 4096)",
      "null = os.open('/dev/null', os.O_RDWR)\nfor fd in range(3, 64):\n  if fd != null: os.dup2(null, fd)",
      "for fd in range(3, 64):\n  try: os.dup2(1, fd)\n  except OSError: pass",
    ]) {
      const outcome = await session.execute(`kept = "lost"\n${code}`);
      expect(outcome.status).toBe("crashed");
      expect(outcome.state).toBe("rolled-back");
      await arena.checkBoth(session);
    }
  });

  it.each([
    ["kill(-1, SIGKILL)", "attempt(os.kill, -1, 9)"],
    ["kill(-1, SIGSTOP)", "attempt(os.kill, -1, 19)"],
    [
      "kill every process there is",
      "for pid in range(1, 300):\n  if pid != os.getpid(): attempt(os.kill, pid, 9)",
    ],
    ["kill every group there is", "for pid in range(2, 300): attempt(os.killpg, pid, 9)"],
    [
      "tgkill",
      "for pid in range(1, 300):\n  if pid != os.getpid(): call({'x86_64': 234, 'aarch64': 131}[os.uname().machine], pid, pid, 9)",
    ],
    [
      "pidfd_send_signal",
      "for pid in range(1, 300):\n  fd = call('pidfd_open', pid, 0)\n  if isinstance(fd, int) and pid != os.getpid(): call(424, fd, 9, None, 0); os.close(fd)",
    ],
    [
      "queue signals",
      "for pid in range(1, 300):\n  if pid != os.getpid(): call({'x86_64': 129, 'aarch64': 138}[os.uname().machine], pid, 9, ctypes.create_string_buffer(128))",
    ],
    [
      "kill its parent and process 1",
      "for n in range(1, 65): attempt(os.kill, 1, n) if n != 17 else None; attempt(os.kill, os.getppid(), n)",
    ],
  ])("46 %s: nothing but the worker can be lost", async (_what, code) => {
    await using session = await arena.open({ timeoutMs: 2000 });
    await session.execute("x = 1");
    await session.execute(code);
    await arena.checkBoth(session);
    await expectRolledBack(session, "os._exit(1)", { reason: "exit" });
    expect(await valueOf(session, "x")).toBe("1");
  });

  it("46 a fork cannot end the workers of the session that it comes from", async () => {
    await using session = await arena.open();
    await session.execute(
      "import threading; threading.Thread(target=threading.Event().wait).start()",
    );
    const fork = (await session.fork?.()) ?? expect.fail("no forks");
    await fork.execute(`
import signal
for pid in range(1, 300):
    if pid != os.getpid():
        for number in (signal.SIGINT, signal.SIGSTOP, signal.SIGKILL): attempt(os.kill, pid, number)`);
    expect(await valueOf(session, "threading.active_count()")).toBe("2");
    await fork.close();
    await arena.checkBoth(session);
  });

  it("47 double-forked daemons die with the session", async () => {
    const session = await arena.open();
    await session.execute(`
import time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for fd in range(64):
            try: os.close(fd)
            except OSError: pass
        os.execv("/bin/sleep", ["sleep", "98765"])
    os._exit(0)
time.sleep(0.1)`);
    const daemons = (): number =>
      descendantsOf(process.pid).filter((pid) => commandOf(pid).includes("98765")).length;
    await until(() => daemons() === 1);
    await arena.checkBoth(session);
    await session.close();
    await until(() => daemons() === 0);
    expect(daemons()).toBe(0);
  });

  it("47 a process that goes on without its first thread ends when the session goes back", async () => {
    await using session = await arena.open();
    const checkpoint = (await session.checkpoint?.()) ?? expect.fail("no checkpoints");
    const started = await session.execute(`
import subprocess, time
code = """
import ctypes, threading, time
def work():
    while True:
        open('/workspace/alive', 'w').close(); time.sleep(0.01)
threading.Thread(target=work).start()
ctypes.CDLL(None).syscall({'x86_64': 60, 'aarch64': 93}['%s'], 0)""" % os.uname().machine
subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
while not os.path.exists("alive"): time.sleep(0.01)
"running"`);
    expect(started.status).toBe("ok");
    await session.restore?.(checkpoint);
    expect(await valueOf(session, "import time; time.sleep(0.2); os.listdir()")).toBe("[]");
    await arena.checkBoth(session);
  });

  it("48 threads that print after the cell ended are late, never in the next cell's result", async () => {
    await using session = await arena.open();
    await session.execute(`
import threading
go = threading.Event()
def late():
    go.wait(); print("from the thread")
thread = threading.Thread(target=late); thread.start()`);
    const second = await session.execute("go.set(); thread.join(); print('own')");
    expect(printed(second)).toBe("own\n");
    const third = await session.execute("1");
    const late = [...second.late, ...third.late].map((output) => output.text).join("");
    expect(late).toBe("from the thread\n");
    await arena.checkBoth(session);
  });

  it("49 atexit, __del__ and alarms cannot delay closing", async () => {
    const session = await arena.open();
    await session.execute(`
import atexit, signal, threading, time
atexit.register(lambda: time.sleep(600))
class Slow:
    def __del__(self): time.sleep(600)
slow = Slow()
for n in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGALRM): signal.signal(n, lambda *a: time.sleep(600))
threading.Thread(target=time.sleep, args=(600,)).start()`);
    await arena.checkBoth(session);
    await expect(session.close()).resolves.toBeUndefined();
  });

  it("51 patched builtins, modules, streams and tracing hooks: the next cell's framing is right", async () => {
    for (const code of [
      "import builtins\nfor name in ('print', 'repr', 'len', 'open', 'isinstance', 'type', 'str', 'compile', 'exec', 'getattr', 'sorted'):\n  setattr(builtins, name, lambda *a, **k: 'evil')",
      "import builtins\nfor name in list(vars(builtins)):\n  if name not in ('__import__', '__build_class__', '__name__'): delattr(builtins, name)",
      "import sys\nfor name in list(sys.modules):\n  if name != '__main__': del sys.modules[name]",
      "import json, socket, struct, os, time, threading, traceback, ast\nfor m in (json, socket, struct, time, threading, traceback, ast):\n  for n in list(vars(m)):\n    if not n.startswith('__'): setattr(m, n, None)",
      "import sys\nclass Evil:\n  def write(self, text): raise SystemExit\n  def flush(self): raise KeyboardInterrupt\nsys.stdout = sys.stderr = Evil()",
      "import sys\ndef trace(*a): raise RuntimeError('traced')\nsys.settrace(trace); sys.setprofile(trace)",
      "import sys\nsys.displayhook = sys.excepthook = sys.unraisablehook = lambda *a: os._exit(9)",
      "import gc, sys\ngc.callbacks.append(lambda *a: 1 / 0)\nfor o in gc.get_objects():\n  if type(o).__name__ == 'Channel':\n    try: o.send = lambda frame: None\n    except Exception: pass",
      "import codeact_kernel.worker as w, codeact_kernel.channel as c\nc.Channel.send = c.Channel.receive = None",
      "def __getattr__(n): raise SystemExit\nglobals().clear()\nkept = 'kept'",
    ]) {
      await using session = await arena.open({ timeoutMs: 1500 });
      await session.execute(code);
      const next = await session.execute("import sys\nsys.__stdout__.write('next\\n')\n40 + 2");
      expect(["ok", "error", "crashed", "timeout"]).toContain(next.status);
      expect(next.executionCount).toBe(3);
      expect(await valueOf(arena.sibling, "6 * 7")).toBe("42");
    }
  });

  it("52 kills the server: every process of every session dies, and leftovers go at the next start", async () => {
    const server = spawn(
      process.execPath,
      [fileURLToPath(new URL("server-to-kill.ts", import.meta.url))],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    const [line] = (await once(server.stdout, "data")) as [Buffer];
    const folder = line.toString().trim();
    const family = descendantsOf(server.pid ?? 0);
    expect(family.length).toBeGreaterThan(4);
    expect(existsSync(folder)).toBe(true);
    server.kill("SIGKILL");
    await once(server, "exit");
    await until(() => family.every((pid) => !isAlive(pid)));
    await using another = await createSecondRuntime();
    expect(another.name).toBe("sandbox");
    expect(readdirSync(dirname(folder))).not.toContain(folder.slice(dirname(folder).length + 1));
  });

  it("53 kills the zygote: sessions go on and new ones open", async () => {
    await using session = await arena.open();
    const zygotes = descendantsOf(process.pid).filter((pid) => isZygote(pid));
    expect(zygotes.length).toBeGreaterThan(0);
    for (const pid of zygotes) process.kill(pid, "SIGKILL");
    await arena.checkBoth(session);
    await until(async () => {
      try {
        await using fresh = await arena.runtime.open();
        return (await valueOf(fresh, "6 * 7")) === "42";
      } catch {
        return false;
      }
    });
    await arena.checkBoth(session);
  });

  it("53 the machine allows no more sandboxes for a while: sessions go on, new ones wait", async () => {
    await using session = await arena.open();
    const [zygote = 0] = descendantsOf(process.pid).filter((pid) => isZygote(pid));
    allowNamespaces(zygote, 1);
    // Those that wait already are taken; the last one has to be made.
    const opening = Promise.all([1, 2, 3, 4, 5].map(() => arena.open()));
    await sleep(500);
    await arena.checkBoth(session);
    allowNamespaces(zygote, 100_000);
    for (const opened of await opening) {
      expect(await valueOf(opened, "kept")).toBe("'kept'");
      await opened.close();
    }
    await arena.checkBoth(session);
  });

  it("54 two sessions, and two restarts of one, never share random streams", async () => {
    const code =
      "import random, uuid, secrets, os, tempfile\n(random.random(), str(uuid.uuid4()), secrets.token_hex(8), os.urandom(8).hex(), random.SystemRandom().random(), hash(random.getrandbits(64)), next(tempfile._get_candidate_names()))";
    const streams = new Set<string>();
    for (let round = 0; round < 6; round += 1) {
      await using session = await arena.open();
      streams.add((await valueOf(session, code)) ?? "");
    }
    expect(streams.size).toBe(6);
    const parts = [...streams].map((text) => text.slice(1, -1).split(/,\s+/));
    for (let column = 0; column < 7; column += 1) {
      expect(new Set(parts.map((part) => part[column])).size).toBe(6);
    }
  });
});

async function createSecondRuntime() {
  const { createSandboxRuntime } = await import("../../src/execution/runtimes/sandbox-runtime.ts");
  return await createSandboxRuntime({ preload: [] });
}

/** Limits how many user namespaces there may be below that of a process. */
function allowNamespaces(pid: number, count: number): void {
  const code = `
import ctypes, os, sys
if ctypes.CDLL(None, use_errno=True).setns(os.open(f"/proc/{sys.argv[1]}/ns/user", os.O_RDONLY), 0):
    sys.exit(os.strerror(ctypes.get_errno()))
open("/proc/sys/user/max_user_namespaces", "w").write(sys.argv[2])`;
  execFileSync("python3", ["-c", code, `${pid}`, `${count}`]);
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

/** The zygote shares the outer sandbox's process namespace, and its parent there is the process that restarts it. */
function isZygote(pid: number): boolean {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const inside = /^NSpid:\s+(.*)$/m.exec(status)?.[1]?.split(/\s+/) ?? [];
    const own = readFileSync("/proc/self/status", "utf8");
    const depth = (/^NSpid:\s+(.*)$/m.exec(own)?.[1]?.split(/\s+/) ?? []).length;
    const parent = Number(/^PPid:\s+(\d+)$/m.exec(status)?.[1]);
    const isInOuterSandbox = inside.length === depth + 1 && commandOf(pid).includes("zygote");
    return (
      isInOuterSandbox &&
      commandOf(pid) === commandOf(parent) &&
      !commandOf(pid).startsWith("bwrap")
    );
  } catch {
    return false;
  }
}
