import { playOptions } from "./play-options.ts";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { FormatName, Grading } from "../src/evaluation/benchmark.ts";
import { m3ToolEval } from "../src/evaluation/m3tooleval/m3-benchmark.ts";
import { loadM3Data } from "../src/evaluation/m3tooleval/m3-data.ts";
import { m3Prompt } from "../src/evaluation/m3tooleval/m3-prompt.ts";
import { playTask } from "../src/evaluation/play-task.ts";
import { createOracleModel } from "../src/evaluation/oracle.ts";
import { openResultStore, readTrajectories } from "../src/evaluation/result-store.ts";
import { runEvaluation } from "../src/evaluation/run-evaluation.ts";
import { messageText } from "../src/models/model.ts";
import { createSandboxRuntime } from "../src/execution/runtimes/sandbox-runtime.ts";

const data =
  process.env["CODEACT_DATA"] ?? fileURLToPath(new URL("../../shared/data", import.meta.url));
const hasData = existsSync(join(data, "m3tooleval"));

/** Lets the oracle play all tasks and returns what became of them. */
async function play(format: FormatName, grading: Grading) {
  const folder = mkdtempSync(join(tmpdir(), "codeact-m3-"));
  const runtime = await createSandboxRuntime();
  try {
    using store = openResultStore(folder);
    const results = await runEvaluation({
      benchmark: m3ToolEval.name,
      tasks: await m3ToolEval.load({ data }),
      model(task) {
        const oracle = task.oracle!({ format, grading });
        if ("impossible" in oracle) throw new Error(oracle.impossible);
        return createOracleModel(oracle.replies);
      },
      runtime,
      store,
      format,
      grading,
      feedback: "plain",
    });
    return { results, trajectories: [...readTrajectories(folder)] };
  } finally {
    await runtime.close();
    rmSync(folder, { recursive: true });
  }
}

describe.skipIf(!hasData)("M3ToolEval (needs its data)", () => {
  it("writes the first message of every task as the original does", async () => {
    const { tasks, functions } = await loadM3Data({ data });
    const lines = readFileSync(join(data, "m3tooleval/m3tooleval_prompts.jsonl"), "utf8");
    const originals = lines
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { name: string; mode: string; prompt: string });
    expect(originals).toHaveLength(3 * tasks.length);
    for (const { name, mode, prompt } of originals) {
      const task = tasks.find((candidate) => candidate.name === name)!;
      const format = mode.replace("_as_action", "") as FormatName;
      expect(m3Prompt(task.instruction, functions[task.family]!, format)).toBe(prompt);
    }
  });

  it.each([
    ["code", "faithful", 0],
    ["json", "faithful", 0],
    // What is decoded to digits is a number in text, which the next tool refuses.
    ["text", "corrected", 3],
  ] as const)(
    "is solved by its oracle in %s, %s",
    async (format, grading, failedCells) => {
      const { results, trajectories } = await play(format, grading);
      expect(results).toHaveLength(82);
      expect(results.filter((result) => !result.success)).toEqual([]);
      const cells = trajectories
        .flatMap((trajectory) => trajectory.events)
        .filter((event) => event.type === "cell-end");
      expect(cells.length).toBeGreaterThanOrEqual(82);
      expect(cells.filter((event) => event.outcome.status !== "ok")).toHaveLength(failedCells);
    },
    120_000,
  );

  it.each([
    [
      "code",
      "faithful",
      [
        "'it is text'",
        "import sys\nprint('lost', file=sys.stderr)",
        "convert_currency(100.0, 2)",
        "print('1,2')",
        "print(68.70)\nprint('is the price')",
        "find_minimum",
        "print('x' * 2500)",
        "print('5')\n7",
      ],
      [
        "it is text",
        "[Executed Successfully with No Output, Did you forget to print?]",
        "200.0",
        "(1, 2)",
        "68.7\nis the price\n",
        " <function m3tooleval.find_minimum(*args: 'float') -> 'float'>\n",
        `${"x".repeat(2000)}...\n[Output Truncated]`,
        "5\n 7\n",
      ],
    ],
    [
      "code",
      "corrected",
      ["'it is text'", "import sys\nprint('lost', file=sys.stderr)", "print('1,2')"],
      ["it is text", "No output. Did you forget to print the result?", "(1, 2)"],
    ],
    [
      "json",
      "faithful",
      [
        '{"tool": "convert_currency", "args": [100.0, 2]}',
        '{"tool": "sum", "args": [[1, 2]]}',
        '{"tool": "convert_currency", "args": [1]}',
        '{"tool": "convert_currency", "args": "it\'s"}',
        '{"tool": "calculator", "args": ["\'  kept \'"]}',
      ],
      [
        "200.0",
        "Cound not find tool with name sum",
        "Failed to execute tool convert_currency with args (1,). Did you try to invoke more than one tool at a time?",
        `Failed to execute tool convert_currency with args ("it's",). Did you try to invoke more than one tool at a time?`,
        "  kept ",
      ],
    ],
    [
      "json",
      "corrected",
      ['{"tool": "sum", "args": [[1, 2]]}', '{"tool": "convert_currency", "args": [1]}'],
      [
        "Could not find a tool with the name sum.",
        "Failed to execute the tool with these arguments. Only one tool can be invoked at a time.",
      ],
    ],
    [
      "text",
      "faithful",
      ["convert_currency, 100.0, 2", "calculator, '1+1'", "convert_currency, 1"],
      [
        "200.0",
        "1+1",
        "Failed to execute tool convert_currency with args (1,). Did you try to invoke more than one tool at a time?",
      ],
    ],
  ] as const)(
    "shows a model what its %s actions came to, %s",
    async (format, grading, actions, shown) => {
      const task = (await m3ToolEval.load({ data })).find(
        ({ group }) => group === "trade_calculator",
      )!;
      await using runtime = await createSandboxRuntime();
      const { ending } = await playTask(
        task,
        playOptions({
          runtime,
          model: createOracleModel(actions.map((action) => `Action: ${action} End Action`)),
          format,
          grading,
          feedback: "plain",
        }),
      );
      const told = ending.messages.filter(({ role }) => role === "user").slice(1);
      expect(told.map(messageText)).toEqual(shown);
    },
  );
});
