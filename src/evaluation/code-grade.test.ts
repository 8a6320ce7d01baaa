import { afterAll, describe, expect, it } from "vitest";
import { playOptions } from "../../test/play-options.ts";
import { createBareRuntime } from "../execution/runtimes/bare-runtime.ts";
import { gradeCode } from "./code-grade.ts";
import { definitionTask } from "./definition-task.ts";
import { createOracleModel } from "./oracle.ts";
import { playTask } from "./play-task.ts";

const runtime = createBareRuntime();
afterAll(() => runtime.close());

const tests = `def check(candidate):
    assert candidate(1, 2) == 3
check(add)`;
const right = "def add(a, b):\n    return a + b\n";

/** Judges code as the program of one reply, and as what an agent has defined. */
async function judge(code: string): Promise<readonly (string | true)[]> {
  await using session = await runtime.open();
  const asProgram = await gradeCode(session, code, tests);
  const task = definitionTask({ id: "add", what: "Add.", tests, solution: right });
  const model = createOracleModel([`<execute>\n${code}\n</execute>`, "It is defined."]);
  const { ending } = await playTask(task, playOptions({ runtime, model }));
  return [asProgram, ending].map(({ success, reason = "" }) => success === true || reason);
}

describe("tests of code", () => {
  it.each([
    ["as it is", ""],
    ["with its output turned elsewhere", "import io, sys\nsys.stdout = io.StringIO()\n"],
    ["that prints a lot", "print('x' * 5_000_000)\n"],
    ["with names of Python's own functions", "print = exec = compile = globals = dict = 1\n"],
    ["that pickles what it defines", "import pickle\nclass P: pass\npickle.dumps(P())\n"],
    [
      "with a part for the command line",
      "if __name__ == '__main__' and 'add' in dir():\n    1 / 0\n",
    ],
  ])("pass a right function %s", async (_name, before) => {
    expect(await judge(before + right)).toEqual([true, true]);
  });

  it.each([
    ["is wrong", "def add(a, b):\n    return 0", "AssertionError"],
    ["ends the program", "def add(a, b):\n    raise SystemExit(0)", "SystemExit: 0"],
    [
      "brings tests of its own",
      "def check(candidate):\n    pass\ndef add(a, b): ...",
      "AssertionError",
    ],
    [
      "hides what would run them",
      "import builtins\nbuiltins.exec = exec = print\ndef add(a, b): ...",
      "AssertionError",
    ],
  ])("fail a function that %s", async (_name, code, reason) => {
    expect(await judge(code)).toEqual([
      expect.stringContaining(reason),
      expect.stringContaining(reason),
    ]);
  });

  it("fail a program that dies in them", async () => {
    await using session = await runtime.open();
    const { success } = await gradeCode(
      session,
      "import os\ndef add(a, b):\n    os._exit(0)",
      tests,
    );
    expect(success).toBe(false);
  });
});
