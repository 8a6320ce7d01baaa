import assert from "node:assert/strict";
import { isCodeActError } from "../../errors.ts";
import type { RuntimeCapabilities } from "../runtime.ts";
import type { Checkpoint, Session } from "../session.ts";
import { type ConformanceCase, streamText, valueText, withSession } from "./conformance-case.ts";

/** Checkpoints, forks, variables and questions. Runtimes that can't roll back are not asked for them. */
export const checkpointCases: readonly ConformanceCase[] = [
  {
    name: "goes back to a checkpoint, with variables and files, as often as wanted",
    skip: needsCheckpoints,
    run: (runtime) =>
      withSession(runtime, async (session) => {
        await session.execute("x = [1]; open('a.txt', 'w').write('one'); None");
        const first = await save(session);
        await session.execute(
          "x.append(2); open('a.txt', 'w').write('two'); open('b.txt', 'w').write('b'); import os; os.mkdir('sub')",
        );
        const second = await save(session);
        const look = "import os; x, open('a.txt').read(), sorted(os.listdir('.'))";
        for (const [checkpoint, expected] of [
          [first, "([1], 'one', ['a.txt'])"],
          [second, "([1, 2], 'two', ['a.txt', 'b.txt', 'sub'])"],
          [first, "([1], 'one', ['a.txt'])"],
        ] as const) {
          await session.execute("x = 'spoilt'; open('a.txt', 'w').write('spoilt'); None");
          await session.restore?.(checkpoint);
          assert.equal(valueText(await session.execute(look)), expected);
        }
      }),
  },
  {
    name: "rolls back after a crash that follows a restore",
    skip: needsCheckpoints,
    run: (runtime) =>
      withSession(runtime, async (session) => {
        await session.execute("x = 1");
        const checkpoint = await save(session);
        await session.execute("x = 2");
        await session.restore?.(checkpoint);
        const crashed = await session.execute("x = 3; import os; os._exit(1)");
        assert.equal(crashed.state, "rolled-back");
        assert.equal(valueText(await session.execute("x")), "1");
      }),
  },
  {
    name: "refuses a checkpoint that it does not hold",
    skip: needsCheckpoints,
    run: (runtime) =>
      withSession(
        runtime,
        async (session) => {
          const refused = (error: unknown): boolean =>
            isCodeActError(error, "checkpoint_not_found");
          const first = await save(session);
          await save(session);
          await save(session);
          await assert.rejects(async () => session.restore?.(first), refused);
          await assert.rejects(
            async () => session.restore?.({ sessionId: "other", number: 2 }),
            refused,
          );
          assert.equal(valueText(await session.execute("'alive'")), "'alive'");
        },
        { limits: { checkpoints: 2 } },
      ),
  },
  {
    name: "forks into sessions that share nothing",
    skip: needsCheckpoints,
    run: (runtime) =>
      withSession(runtime, async (session) => {
        await session.execute("import os, random\nx = [1]; open('f.txt', 'w').write('both'); None");
        await using left = await forkOf(session);
        await using right = await forkOf(session);
        const forks = [session, left, right];
        await Promise.all(
          forks.map((each, index) =>
            each.execute(`x.append(${index}); open('f.txt', 'a').write('${index}'); None`),
          ),
        );
        const seen = await Promise.all(
          forks.map(async (each) => valueText(await each.execute("x, open('f.txt').read()"))),
        );
        assert.deepEqual(seen, ["([1, 0], 'both0')", "([1, 1], 'both1')", "([1, 2], 'both2')"]);
        const draws = await Promise.all(
          [left, right].map(async (each) => valueText(await each.execute("random.random()"))),
        );
        assert.notEqual(draws[0], draws[1]);
        const files = await left.files?.read("f.txt");
        assert.equal(Buffer.from(files ?? []).toString(), "both1");
      }),
  },
  {
    name: "goes back and forth between checkpoints at once",
    skip: needsCheckpoints,
    run: (runtime) =>
      withSession(runtime, async (session) => {
        await session.execute("x = 1; held = bytearray(20_000_000)");
        const one = await save(session);
        await session.execute("x = 2");
        const two = await save(session);
        for (const wanted of [two, one, two, one, two]) await session.restore?.(wanted);
        assert.equal(valueText(await session.execute("x")), "2");
      }),
  },
  {
    name: "rolls back the first cell of a fork",
    skip: needsCheckpoints,
    run: (runtime) =>
      withSession(runtime, async (session) => {
        await session.execute("x = 'kept'; import os");
        await using fork = await forkOf(session);
        const crashed = await fork.execute("x = 'lost'; os._exit(3)");
        assert.equal(crashed.state, "rolled-back");
        assert.equal(valueText(await fork.execute("open('own', 'w').close(); x")), "'kept'");
        assert.equal(valueText(await session.execute("os.path.exists('own')")), "False");
      }),
  },
  {
    name: "forks at a checkpoint, and a fork can fork, crash, time out and outlive its parent",
    skip: needsCheckpoints,
    run: async (runtime) => {
      const parent = await runtime.open({ limits: { timeoutMs: 500, graceMs: 200 } });
      await parent.execute("import os, time\nx = 'then'; open('f.txt', 'w').write('then'); None");
      const checkpoint = await save(parent);
      await parent.execute("x = 'now'; open('f.txt', 'w').write('now'); None");
      await using fork = (await parent.fork?.({ from: checkpoint })) ?? assert.fail("no fork");
      await using grandchild = await forkOf(fork);
      await parent.execute("os._exit(1)");
      await parent.close();
      for (const each of [fork, grandchild]) {
        assert.equal(valueText(await each.execute("x, open('f.txt').read()")), "('then', 'then')");
        assert.equal((await each.execute("x = 0; os._exit(2)")).state, "rolled-back");
        assert.equal(
          (
            await each.execute(
              "x = 0\nwhile True:\n    try: time.sleep(60)\n    except BaseException: pass",
            )
          ).status,
          "timeout",
        );
        assert.equal(
          streamText(await each.execute("print(x)\n_ = os.system('echo child')")),
          "then\nchild\n",
        );
      }
    },
  },
  {
    name: "lists variables with types and shapes",
    skip: (capabilities) => (capabilities.isolation === "wasm" ? "no variables" : undefined),
    run: (runtime) =>
      withSession(runtime, async (session) => {
        await session.execute(
          "import math\ncount = 3\nnames = ['a', 'b']\n_hidden = 1\ndef double(v): return v * 2",
        );
        const variables = (await session.variables?.()) ?? assert.fail("no variables");
        const described = variables.map(({ name, type, length }) => [name, type, length]);
        assert.ok(described.some(([name, type]) => name === "count" && type === "int"));
        assert.ok(
          described.some(
            ([name, type, length]) => name === "names" && type === "list" && length === 2,
          ),
        );
        assert.ok(!described.some(([name]) => name === "_hidden" || name === "math"));
      }),
  },
  {
    name: "runs a silent cell without a trace",
    run: (runtime) =>
      withSession(runtime, async (session) => {
        await session.execute("40 + 2");
        const silent = await session.execute("kept = _ + 1\nprint(kept)", { silent: true });
        assert.equal(streamText(silent), "43\n");
        const next = await session.execute("_, len(In), kept");
        assert.equal(valueText(next), "(42, 3, 43)");
        assert.equal(next.executionCount, 2);
      }),
  },
  {
    name: "answers input(), or says why it can't",
    run: (runtime) =>
      withSession(runtime, async (session) => {
        const asked: string[] = [];
        const answered = await session.execute("name = input('Your name? ')\nname.upper()", {
          onInput: (prompt) => {
            asked.push(prompt);
            return "Ada";
          },
        });
        assert.deepEqual(asked, ["Your name? "]);
        assert.equal(valueText(answered), "'ADA'");
        const refused = await session.execute("input('Anyone? ')");
        assert.equal(refused.status, "error");
        assert.match(refused.error?.message ?? "", /no one to ask/);
      }),
  },
];

export function needsCheckpoints(capabilities: RuntimeCapabilities): string | undefined {
  return capabilities.transactions ? undefined : "the runtime has no transactions";
}

export async function save(session: Session): Promise<Checkpoint> {
  return (await session.checkpoint?.()) ?? assert.fail("the session has no checkpoints");
}

export async function forkOf(session: Session): Promise<Session> {
  return (await session.fork?.()) ?? assert.fail("the session cannot fork");
}
