import assert from "node:assert/strict";
import type { CallContext, FunctionHost, HostParameter } from "../host-functions.ts";
import type { Outcome } from "../outcome.ts";
import type { Runtime } from "../runtime.ts";
import type { Session } from "../session.ts";
import {
  type ConformanceCase,
  needsTransactions,
  streamText,
  valueText,
  withSession,
} from "./conformance-case.ts";

const anything: HostParameter = { name: "x", type: "Any", required: true };

type Functions = Readonly<Record<string, (x: unknown, context: CallContext) => unknown>>;

/** A host whose `echo` returns its argument and whose other functions are given. */
function hostOf(functions: Functions = {}): FunctionHost {
  const all: Functions = { echo: (x) => x, ...functions };
  return {
    functions: Object.keys(all).map((name) => ({
      id: name,
      name,
      parameters: [anything],
      returns: "Any",
      doc: `Does ${name}.`,
    })),
    call: (id, input, context) => all[id]?.(input["x"], context),
  };
}

async function withHost(
  runtime: Runtime,
  host: FunctionHost,
  use: (session: Session) => Promise<void>,
  options: Parameters<Runtime["open"]>[0] = {},
): Promise<void> {
  await withSession(
    runtime,
    async (session) => {
      if (session.provide === undefined) return;
      await session.provide(host);
      await use(session);
    },
    options,
  );
}

async function valueOf(session: Session, code: string): Promise<string | undefined> {
  const outcome = await session.execute(code);
  assert.equal(outcome.error?.traceback, undefined);
  return valueText(outcome);
}

/** Resolves when `count` calls wait, and lets them all go on. */
function barrier(count: number): () => Promise<void> {
  const reached = Promise.withResolvers<void>();
  let waiting = 0;
  return async () => {
    waiting += 1;
    if (waiting === count) reached.resolve();
    await reached.promise;
  };
}

function waitForAbort(_x: unknown, { signal }: CallContext): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(new Error("aborted")));
  });
}

/** Functions of the host, for runtimes whose sessions have `provide`. */
export const functionCases: readonly ConformanceCase[] = [
  {
    name: "calls functions of the host, by position and by name, with a signature and a docstring",
    run: (runtime) =>
      withSession(runtime, async (session) => {
        const seen: unknown[] = [];
        await session.provide?.({
          functions: [
            {
              id: "add",
              name: "add",
              module: "sums",
              parameters: [
                { name: "a", type: "int", required: true },
                { name: "class_", key: "class", type: "str", required: false, default: "x" },
                { name: "c", type: "int | None", required: false },
              ],
              returns: "dict[str, int]",
              doc: "Adds.",
            },
          ],
          modules: { sums: "Sums." },
          call(id, input) {
            seen.push([id, input]);
            return null;
          },
        });
        const signature = await session.execute(
          "import inspect, sums\nprint(inspect.signature(sums.add), sums.add.__doc__, sums.__doc__)",
        );
        assert.equal(
          streamText(signature),
          "(a: int, class_: str = 'x', c: int | None = None) -> dict[str, int] Adds. Sums.\n",
        );
        await session.execute(
          "from sums import add\nadd(1); add(a=2, class_='y'); sums.add(3, 'z', None)",
        );
        assert.deepEqual(seen, [
          ["add", { a: 1 }],
          ["add", { a: 2, class: "y" }],
          ["add", { a: 3, class: "z" }],
        ]);
        for (const [code, message] of [
          ["add()", /add\(\) needs the argument 'a'/],
          ["add(1, b=2)", /has no parameter 'b'/],
          ["add(1, a=2)", /two values for 'a'/],
        ] as const) {
          const { error } = await session.execute(code);
          assert.equal(error?.name, "TypeError");
          assert.match(error.message, message);
        }
      }),
  },
  {
    name: "carries plain data both ways, and what JSON can't say one way",
    run: (runtime) =>
      withHost(
        runtime,
        hostOf({
          odd: () => [
            Number.NaN,
            -Infinity,
            2n ** 70n,
            Buffer.from("bytes"),
            undefined,
            { $codeact: 1 },
          ],
          big: (n) => "é".repeat(Number(n)),
        }),
        async (session) => {
          const round = "[None, True, 1, -2.5, 'ü\\U0001F600\\n', {'a': [{}], 'b': []}]";
          assert.equal(await valueOf(session, `echo(${round}) == ${round}`), "True");
          assert.equal(
            await valueOf(session, "import math\no = odd(0)\n[math.isnan(o[0]), *o[1:]]"),
            "[True, -inf, 1180591620717411303424, b'bytes', None, {'$codeact': 1}]",
          );
          assert.equal(
            await valueOf(
              session,
              "import datetime\necho([(1, 2), float('nan'), datetime.date(2024, 5, 6)])",
            ),
            "[[1, 2], None, '2024-05-06']",
          );
          assert.equal(
            await valueOf(
              session,
              "import os\nt = big(3_000_000)\nlen(t), t[0], os.listdir('.codeact')",
            ),
            "(3000000, 'é', [])",
          );
          const { error } = await session.execute("echo([2 ** 60])");
          assert.match(error?.message ?? "", /pass it as a string/);
        },
      ),
  },
  {
    name: "raises what a function of the host throws as ToolError",
    run: (runtime) =>
      withHost(
        runtime,
        hostOf({
          fail() {
            throw new Error("it is closed on Mondays");
          },
        }),
        async (session) => {
          const caught = await session.execute(
            "try: fail(1)\nexcept ToolError as error: print(error, error.tool, error.message)\nfail(1)",
          );
          assert.equal(
            streamText(caught),
            "it is closed on Mondays fail it is closed on Mondays\n",
          );
          assert.equal(caught.error?.name, "ToolError");
          assert.match(caught.error.traceback, /-> 3 fail\(1\)/);
        },
      ),
  },
  {
    name: "runs calls in parallel with asyncio.gather, create_task and threads",
    run: (runtime) =>
      withHost(
        runtime,
        hostOf({ a: barrier(20), b: barrier(3), c: barrier(8), d: barrier(2) }),
        async (session) => {
          for (const code of [
            "import asyncio\nawait asyncio.gather(*[a(i) for i in range(20)])",
            "await asyncio.gather(*[asyncio.create_task(b(i)) for i in range(3)])",
            "from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor(8)\nlist(pool.map(c, range(8)))",
            "async def main():\n    first, second = d(1), d(2)\n    return [await first, await second]\nasyncio.run(main())",
          ]) {
            assert.match((await valueOf(session, code)) ?? "", /^\[None(,\s+None)+\]$/);
          }
          assert.equal(await valueOf(session, "list(pool.map(echo, range(5)))"), "[0, 1, 2, 3, 4]");
        },
      ),
  },
  {
    name: "gives the value of a call that asynchronous code does not await",
    run: (runtime) =>
      withHost(
        runtime,
        hostOf({
          fail() {
            throw new Error("no");
          },
        }),
        async (session) => {
          const code =
            "import asyncio\nawait asyncio.sleep(0)\nx = echo({'n': 1})\ny = x['n'] + 1\nz = echo('late')";
          assert.equal((await session.execute(code)).status, "ok");
          assert.equal(await valueOf(session, "type(x), x, y, z"), "(dict, {'n': 1}, 2, 'late')");
          const unseen = await session.execute("await asyncio.sleep(0)\nfail(1)\npass");
          assert.equal(unseen.error?.name, "ToolError");
          assert.equal(
            unseen.error?.message,
            "no (fail was called on line 2 of cell 3 without await)",
          );
          const seen =
            "r = await asyncio.gather(fail(1), return_exceptions=True)\ntype(r[0]).__name__";
          assert.equal(await valueOf(session, seen), "'ToolError'");
        },
      ),
  },
  {
    name: "finishes calls that other event loops have left behind, and reports their failures",
    run: (runtime) => {
      const done: unknown[] = [];
      const late = async (x: unknown): Promise<unknown> => {
        await new Promise((resolve) => setTimeout(resolve, 100));
        if (x === "bad") throw new Error("no");
        done.push(x);
        return x;
      };
      return withHost(runtime, hostOf({ late }), async (session) => {
        const inRun =
          "import asyncio\nasync def go():\n    late('bad'); late('bad')\n    return late('run')\nx = asyncio.run(go())";
        const failed = await session.execute(inRun);
        assert.equal(
          failed.error?.message,
          "no (late was called on line 3 of cell 1 without await); 1 more such calls failed",
        );
        assert.equal(await valueOf(session, "x"), "'run'");
        const inThread =
          "import threading\nasync def go():\n    late('thread')\n    late('bad')\nt = threading.Thread(target=asyncio.run, args=[go()])\nt.start(); t.join()";
        const thread = await session.execute(inThread);
        assert.equal(
          thread.error?.message,
          "no (late was called on line 4 of cell 3 without await)",
        );
        assert.deepEqual(done, ["run", "thread"]);
      });
    },
  },
  {
    name: "tells the function when its call is given up, and goes on",
    run: async (runtime) => {
      const aborted: string[] = [];
      const threadCalls = Promise.withResolvers<void>();
      const abort = new AbortController();
      const hang = async (x: unknown, context: CallContext): Promise<void> => {
        if (x === "interrupt") abort.abort();
        if (x === "thread") threadCalls.resolve();
        await waitForAbort(x, context).catch(() => void aborted.push(String(x)));
      };
      await withHost(
        runtime,
        hostOf({ hang, until_thread: () => threadCalls.promise }),
        async (session) => {
          const statuses = [];
          const running = session.execute("hang('interrupt')", { signal: abort.signal });
          statuses.push((await running).status);
          statuses.push((await session.execute("hang('deadline')", { timeoutMs: 300 })).status);
          const waited = await session.execute(
            "import asyncio\nawait asyncio.wait_for(hang('wait_for'), 0.01)",
          );
          assert.equal(waited.error?.name, "TimeoutError");
          statuses.push(
            (
              await session.execute(
                "import threading\nthreading.Thread(target=hang, args=['thread']).start()\nuntil_thread(1)",
              )
            ).status,
          );
          assert.deepEqual(statuses, ["interrupted", "timeout", "ok"]);
          assert.deepEqual(aborted, ["interrupt", "deadline", "wait_for", "thread"]);
          assert.equal(await valueOf(session, "echo(1)"), "1");
        },
        { limits: { graceMs: 2000 } },
      );
    },
  },
  {
    name: "refuses calls between cells and more than are allowed",
    run: (runtime) =>
      withHost(
        runtime,
        hostOf(),
        async (session) => {
          const code =
            "import threading, time\nerrors = []\ndef late():\n    time.sleep(0.2)\n    try: echo(1)\n    except ToolError as error: errors.append(error.message)\nt = threading.Thread(target=late); t.start()";
          await session.execute(code);
          await new Promise((resolve) => setTimeout(resolve, 500));
          assert.equal(
            await valueOf(session, "t.join(5)\nerrors"),
            "['tools can be called only while a cell runs']",
          );
          const many = await session.execute("n = 0\nwhile True:\n    echo(n); n += 1");
          assert.match(many.error?.message ?? "", /at most 50 calls/);
          assert.equal(await valueOf(session, "n, echo('again')"), "(50, 'again')");
        },
        { limits: { calls: 50 } },
      ),
  },
  {
    name: "keeps functions through crashes, roll backs, restores and forks",
    skip: needsTransactions,
    run: (runtime) =>
      withHost(runtime, hostOf(), async (session) => {
        const works = async (): Promise<void> =>
          assert.equal(await valueOf(session, "echo('here')"), "'here'");
        const checkpoint = await session.checkpoint?.();
        await session.provide?.(hostOf({ second: (x) => x }));
        assert.equal(
          (await session.execute("second(1); import os; os._exit(1)")).status,
          "crashed",
        );
        await works();
        assert.equal(await valueOf(session, "second(2)"), "2");
        if (checkpoint !== undefined) await session.restore?.(checkpoint);
        assert.equal(await valueOf(session, "second(3)"), "3");
        await using fork = await session.fork?.();
        if (fork === undefined) return;
        assert.equal(await valueOf(fork, "second(4)"), "4");
        assert.equal((await fork.execute("os = __import__('os'); os._exit(1)")).status, "crashed");
        assert.equal(await valueOf(fork, "second(5)"), "5");
        await session.provide?.(hostOf());
        assert.equal((await session.execute("second(6)")).error?.name, "NameError");
      }),
  },
  {
    name: "stops the clock while a function has suspended the deadline",
    run: (runtime) =>
      withHost(
        runtime,
        hostOf({
          async think(_x, { suspendDeadline }) {
            const resume = suspendDeadline();
            await new Promise((resolve) => setTimeout(resolve, 900));
            resume();
            return "thought";
          },
        }),
        async (session) => {
          const calm = await session.execute("think(1)", { timeoutMs: 600 });
          assert.equal(valueText(calm), "'thought'");
          const outcome: Outcome = await session.execute("think(1)\nwhile True: pass", {
            timeoutMs: 600,
          });
          assert.equal(outcome.status, "timeout");
        },
      ),
  },
  {
    name: "refuses a function that wants to use the session that waits for it",
    run: (runtime) =>
      withSession(runtime, async (session) => {
        await session.provide?.(
          hostOf({ again: async () => await session.execute("1").then(() => "ran") }),
        );
        const { error } = await session.execute("again(1)");
        assert.match(error?.message ?? "", /waits for the function that wants to use it/);
        assert.equal(await valueOf(session, "echo(2)"), "2");
      }),
  },
];
