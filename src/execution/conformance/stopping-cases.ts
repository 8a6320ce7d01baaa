import assert from "node:assert/strict";
import {
  type ConformanceCase,
  needsTransactions,
  streamText,
  valueText,
  withSession,
} from "./conformance-case.ts";

const soon = { limits: { timeoutMs: 400, graceMs: 300 } };

/** Deadlines, interrupts, crashes, and what is left after them. */
export const stoppingCases: readonly ConformanceCase[] = [
  {
    name: "interrupts a cell at its deadline and keeps what it printed and did",
    run: (runtime) =>
      withSession(
        runtime,
        async (session) => {
          const outcome = await session.execute("x = 'set'\nprint('seen')\nwhile True: pass");
          assert.equal(outcome.status, "timeout");
          assert.equal(outcome.state, "kept");
          assert.equal(streamText(outcome), "seen\n");
          assert.equal(valueText(await session.execute("x")), "'set'");
        },
        soon,
      ),
  },
  {
    name: "takes a deadline for a single cell",
    run: (runtime) =>
      withSession(runtime, async (session) => {
        const outcome = await session.execute("import time; time.sleep(60)", { timeoutMs: 200 });
        assert.equal(outcome.status, "timeout");
      }),
  },
  {
    name: "kills a cell that ignores its interrupt, and rolls back",
    skip: needsTransactions,
    run: (runtime) =>
      withSession(
        runtime,
        async (session) => {
          await session.execute("x = 'before'");
          const outcome = await session.execute(
            "import time\nx = 'after'\nwhile True:\n    try: time.sleep(60)\n    except BaseException: pass",
          );
          assert.equal(outcome.status, "timeout");
          assert.equal(outcome.state, "rolled-back");
          assert.deepEqual(outcome.crash, { reason: "deadline" });
          assert.equal(valueText(await session.execute("x")), "'before'");
        },
        soon,
      ),
  },
  {
    name: "ends a cell that is stuck in C code",
    run: (runtime) =>
      withSession(
        runtime,
        async (session) => {
          const outcome = await session.execute("import re\nre.match('(a+)+$', 'a' * 60 + 'b')");
          assert.equal(outcome.status, "timeout");
          assert.equal((await session.execute("1")).status, "ok");
        },
        soon,
      ),
  },
  {
    name: "stops the children of a cell at its deadline",
    run: (runtime) =>
      withSession(
        runtime,
        async (session) => {
          const outcome = await session.execute(
            "import subprocess\nsubprocess.run(['sleep', '61.5'])",
          );
          assert.equal(outcome.status, "timeout");
          const left = await session.execute(
            "import os\nleft = []\nfor pid in filter(str.isdigit, os.listdir('/proc')):\n    try:\n        if b'61.5' in open(f'/proc/{pid}/cmdline', 'rb').read(): left.append(pid)\n    except OSError: pass\nleft",
          );
          assert.equal(valueText(left), "[]");
        },
        soon,
      ),
  },
  {
    name: "interrupts on request and can be used again",
    run: (runtime) =>
      withSession(runtime, async (session) => {
        for (let round = 0; round < 3; round += 1) {
          const abort = new AbortController();
          const started = Promise.withResolvers<void>();
          const running = session.execute(`print(${round})\nimport time\ntime.sleep(60)`, {
            signal: abort.signal,
            onOutput: () => started.resolve(),
          });
          await started.promise;
          abort.abort();
          const outcome = await running;
          assert.equal(outcome.status, "interrupted");
          assert.equal(outcome.state, "kept");
        }
        assert.equal(valueText(await session.execute("round(3.7)")), "4");
      }),
  },
  {
    name: "does nothing when there is no cell to interrupt",
    run: (runtime) =>
      withSession(runtime, async (session) => {
        await session.interrupt?.();
        assert.equal(valueText(await session.execute("'calm'")), "'calm'");
      }),
  },
  ...[
    { how: "os._exit", code: "import os; os._exit(3)", crash: { reason: "exit", exitCode: 3 } },
    {
      how: "a segmentation fault",
      code: "import ctypes; ctypes.string_at(0)",
      crash: { reason: "signal", signal: "SIGSEGV" },
    },
    {
      how: "SIGKILL on itself",
      code: "import os; os.kill(os.getpid(), 9)",
      crash: { reason: "signal", signal: "SIGKILL" },
    },
    { how: "abort", code: "import os; os.abort()", crash: { reason: "signal", signal: "SIGABRT" } },
  ].map(({ how, code, crash }): ConformanceCase => ({
    name: `rolls back after ${how}`,
    skip: needsTransactions,
    run: (runtime) =>
      withSession(runtime, async (session) => {
        await session.execute("x = 1");
        await session.execute("x = 2");
        const outcome = await session.execute(`x = 3\nprint('before')\n${code}`);
        assert.equal(outcome.status, "crashed");
        assert.deepEqual(outcome.crash, crash);
        assert.equal(outcome.state, "rolled-back");
        assert.equal(streamText(outcome), "before\n");
        assert.equal(valueText(await session.execute("x")), "2");
      }),
  })),
  {
    name: "survives crash after crash",
    skip: needsTransactions,
    run: (runtime) =>
      withSession(runtime, async (session) => {
        await session.execute("import os\nn = 0");
        for (let round = 1; round <= 5; round += 1) {
          await session.execute("n += 1");
          assert.equal((await session.execute("os._exit(1)")).state, "rolled-back");
          assert.equal((await session.execute("os._exit(2)")).state, "rolled-back");
          assert.equal(valueText(await session.execute("n")), `${round}`);
        }
      }),
  },
  {
    name: "does not let checkpoints show, or pile up",
    run: (runtime) =>
      withSession(runtime, async (session) => {
        const seen: string[] = [];
        const flags =
          "import os, signal\nsignal.signal(signal.SIGCHLD, lambda *_: print('a child ended'))";
        await session.execute(flags);
        const look =
          "try: os.wait()\nexcept ChildProcessError: print('no children')\nos.system('true'), len([p for p in os.listdir('/proc') if p.isdigit()])";
        for (let cell = 0; cell < 20; cell += 1) {
          seen.push(streamText(await session.execute("pass")));
        }
        assert.deepEqual(new Set(seen), new Set([""]));
        const looked = await session.execute(look);
        assert.match(streamText(looked), /^no children\n/);
        if (runtime.capabilities.isolation !== "none") {
          const processes = Number(/, (\d+)/.exec(valueText(looked) ?? "")?.[1]);
          assert.ok(processes <= 6, `${processes} processes are left`);
        }
      }),
  },
  {
    name: "frees what an earlier cell made and a later one dropped, rings included",
    run: (runtime) =>
      withSession(runtime, async (session) => {
        await session.execute(
          "import gc, weakref\nclass Node: pass\nring = Node()\nring.itself = ring\nseen = weakref.ref(ring)",
        );
        await session.execute("del ring");
        assert.equal(valueText(await session.execute("gc.collect() and seen()")), undefined);
      }),
  },
  {
    name: "says so when the state is lost",
    skip: (capabilities) =>
      capabilities.transactions ? "the runtime has transactions" : undefined,
    run: (runtime) =>
      withSession(runtime, async (session) => {
        await session.execute("x = 1");
        assert.equal((await session.execute("import os; os._exit(1)")).state, "lost");
        assert.equal((await session.execute("x")).error?.name, "NameError");
      }),
  },
  {
    name: "continues the random stream after a roll back",
    skip: needsTransactions,
    run: (runtime) =>
      withSession(runtime, async (session) => {
        const expected = await session.execute(
          "import random, os\nrandom.seed(7)\n[random.random() for _ in range(3)][2]",
        );
        await session.execute("random.seed(7); _ = random.random(), random.random()");
        await session.execute("os._exit(1)");
        assert.equal(valueText(await session.execute("random.random()")), valueText(expected));
      }),
  },
  {
    name: "keeps threads of the live worker running through cells that do not crash",
    run: (runtime) =>
      withSession(runtime, async (session) => {
        await session.execute(
          "import threading, time\nticks = 0\ndef tick():\n    global ticks\n    while True:\n        ticks += 1\n        time.sleep(0.005)\nthreading.Thread(target=tick, daemon=True).start()",
        );
        const moved = await session.execute("before = ticks\ntime.sleep(0.2)\nticks > before");
        assert.equal(valueText(moved), "True");
      }),
  },
];
