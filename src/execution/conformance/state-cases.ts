import assert from "node:assert/strict";
import {
  type ConformanceCase,
  needsIsolation,
  streamText,
  valueText,
  withSession,
} from "./conformance-case.ts";
import type { Session } from "../session.ts";

/** Variables, values, and what one session keeps from another. */
export const stateCases: readonly ConformanceCase[] = [
  {
    name: "keeps variables, imports and functions from cell to cell",
    run: (runtime) =>
      withSession(runtime, async (session) => {
        await session.execute("import math\nradius = 2\ndef area(r): return math.pi * r * r");
        assert.equal(valueText(await session.execute("round(area(radius), 2)")), "12.57");
      }),
  },
  {
    name: "draws the same random numbers in sessions with the same seed, in forks too",
    async run(runtime) {
      const draw = "import random; random.random(), random.random()";
      const open = async (seed?: number): Promise<Session> =>
        await runtime.open(seed === undefined ? {} : { seed });
      const sessions = await Promise.all([open(7), open(7), open(8), open(), open()]);
      try {
        const drawn = await Promise.all(
          sessions.map(async (session) => valueText(await session.execute(draw))),
        );
        assert.equal(drawn[0], drawn[1]);
        assert.equal(new Set(drawn).size, 4);
        const fork = await sessions[0].fork?.();
        if (fork === undefined) return;
        const next = valueText(await fork.execute("random.random()"));
        await fork.close();
        assert.equal(valueText(await sessions[1].execute("random.random()")), next);
      } finally {
        await Promise.all(sessions.map((session) => session.close()));
      }
      await assert.rejects(open(-1), { code: "invalid_input" });
    },
  },
  {
    name: "counts its cells from 1",
    run: (runtime) =>
      withSession(runtime, async (session) => {
        assert.equal((await session.execute("1")).executionCount, 1);
        assert.equal((await session.execute("1/0")).executionCount, 2);
        assert.equal((await session.execute("")).executionCount, 3);
      }),
  },
  {
    name: "reports an exception as an outcome and goes on",
    run: (runtime) =>
      withSession(runtime, async (session) => {
        const failed = await session.execute("kept = 1\n{}['missing']");
        assert.equal(failed.status, "error");
        assert.equal(failed.error?.name, "KeyError");
        assert.match(failed.error.traceback, /KeyError: 'missing'$/);
        assert.equal(failed.state, "kept");
        assert.equal(valueText(await session.execute("kept")), "1");
      }),
  },
  {
    name: "reports a syntax error with its line",
    run: (runtime) =>
      withSession(runtime, async (session) => {
        const failed = await session.execute("x = 1\nif x\n  pass");
        assert.equal(failed.error?.name, "SyntaxError");
        assert.match(failed.error.traceback, /if x/);
      }),
  },
  {
    name: "runs cells in the order of the calls",
    run: (runtime) =>
      withSession(runtime, async (session) => {
        const calls = ["a = [1]", "a.append(2)", "a.append(3)", "a"].map((code) =>
          session.execute(code),
        );
        assert.equal(valueText((await Promise.all(calls))[3] ?? assert.fail()), "[1, 2, 3]");
      }),
  },
  {
    name: "keeps sessions apart while they run at the same time",
    run: async (runtime) => {
      await Promise.all(
        Array.from({ length: 8 }, (_, index) =>
          withSession(runtime, async (session) => {
            await session.execute(`mine = ${index}`);
            await session.execute("open('mine.txt', 'w').write(str(mine)); None");
            assert.equal(
              valueText(await session.execute("mine, open('mine.txt').read()")),
              `(${index}, '${index}')`,
            );
          }),
        ),
      );
    },
  },
  {
    name: "gives each session random numbers of its own",
    run: async (runtime) => {
      const draw =
        "import random, uuid, secrets; print(random.random(), uuid.uuid4(), secrets.token_hex())";
      const draws = await Promise.all(
        Array.from({ length: 4 }, () =>
          withSession(runtime, async (session) => streamText(await session.execute(draw))),
        ),
      );
      const words = draws.join(" ").trim().split(/\s+/);
      assert.equal(new Set(words).size, words.length);
    },
  },
  {
    name: "has a workspace as its working folder",
    run: (runtime) =>
      withSession(runtime, async (session) => {
        await session.execute("open('made.txt', 'w').write('made'); import os; os.mkdir('sub')");
        assert.equal(
          valueText(await session.execute("sorted(os.listdir('.'))")),
          "['made.txt', 'sub']",
        );
      }),
  },
  {
    name: "cannot reach the network or the host's processes",
    skip: needsIsolation,
    run: (runtime) =>
      withSession(runtime, async (session) => {
        const probe = [
          "import socket, os",
          "def fails(action):",
          "    try: action()",
          "    except OSError: return True",
          "    return False",
          "fails(lambda: socket.create_connection(('1.1.1.1', 80), 2)), fails(lambda: os.kill(1, 9)) or os.path.exists('/proc/1')",
          "[fails(lambda: socket.create_connection(('1.1.1.1', 80), 2)), sum(name.isdigit() for name in os.listdir('/proc')) < 10]",
        ].join("\n");
        assert.equal(valueText(await session.execute(probe)), "[True, True]");
      }),
  },
];
