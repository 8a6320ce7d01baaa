import assert from "node:assert/strict";
import {
  type ConformanceCase,
  needsTransactions,
  streamText,
  valueText,
  withSession,
} from "./conformance-case.ts";
import { forkOf, needsCheckpoints, save } from "./checkpoint-cases.ts";

/** What code may know of its run, read again of its earlier cells, and say as its answer. */
export const runCases: readonly ConformanceCase[] = [
  {
    name: "keeps the whole output of each cell for the code",
    run: (runtime) =>
      withSession(
        runtime,
        async (session) => {
          const first = await session.execute(
            "import os\nprint('x' * 30_000)\n_ = os.system('echo from a process')\n[1, 2]",
          );
          assert.ok(first.truncated);
          await session.execute("print('\\x1b[31mred\\x1b[0m')\n1 / 0");
          const read = await session.execute(
            "a = cell_output(1)\nlen(a), a[-22:], cell_output(-1).split()[0], cell_output(2)[-17:]",
          );
          assert.equal(
            valueText(read),
            "(30023, 'from a process\\n[1, 2]\\n', 'red', 'division by zero\\n')",
          );
          const missing = await session.execute("cell_output(9)");
          assert.equal(missing.error?.message, "there is no cell 9: the last one is cell 4");
        },
        { limits: { outputBytes: 2000 } },
      ),
  },
  {
    name: "gives a cell the number that its outcome has, after a crash as well",
    skip: needsTransactions,
    run: (runtime) =>
      withSession(runtime, async (session) => {
        const crashed = await session.execute(
          "print('last words', flush=True)\nimport os; os._exit(3)",
        );
        assert.deepEqual([crashed.status, crashed.executionCount], ["crashed", 1]);
        const failed = await session.execute("nothing");
        assert.equal(failed.executionCount, 2);
        assert.match(failed.error?.traceback ?? "", /cell 2, line 1/);
        assert.equal(streamText(await session.execute("print(cell_output(1))")), "last words\n\n");
      }),
  },
  {
    name: "goes back to the numbers and outputs of a checkpoint, and takes them into a fork",
    skip: needsCheckpoints,
    run: (runtime) =>
      withSession(runtime, async (session) => {
        await session.execute("print('one')");
        const checkpoint = await save(session);
        await session.execute("print('two')");
        await using fork = await forkOf(session);
        await session.restore?.(checkpoint);
        const look = "print(cell_output(1), end='')\nprint(cell_output(2))";
        const restored = await session.execute(look);
        assert.equal(restored.executionCount, 2);
        assert.equal(streamText(restored), "one\none\n\n");
        assert.equal(streamText(await fork.execute(look)), "one\ntwo\n\n");
      }),
  },
  {
    name: "tells the code what is left of the run's budget",
    run: (runtime) =>
      withSession(runtime, async (session) => {
        const budget = { turns: { left: 3, limit: 20 }, seconds: { left: 50, limit: 60 } };
        const look = "budget.turns_left, budget.tokens_left, 40 < budget.seconds_left < 50";
        const told = await session.execute(look, { context: { budget } });
        assert.equal(valueText(told), "(3, None, True)");
        assert.equal(valueText(await session.execute("budget")), "<budget: no limits>");
        assert.deepEqual(await session.variables?.(), []);
      }),
  },
  {
    name: "hands over what the code gives as its answer",
    run: (runtime) =>
      withSession(runtime, async (session) => {
        const outcome = await session.execute(
          "final_answer('first')\nfinal_answer({'total': 3, 'rows': [(1, None)]})\nprint('goes on')",
        );
        assert.deepEqual(outcome.answer, { value: { total: 3, rows: [[1, null]] } });
        assert.equal(streamText(outcome), "goes on\n");
        assert.equal((await session.execute("1")).answer, undefined);
      }),
  },
];
