import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { mtBench } from "../src/evaluation/mt-bench/mt-bench-benchmark.ts";
import { createBareRuntime } from "../src/execution/runtimes/bare-runtime.ts";
import { oracleCode } from "../src/evaluation/oracle-call.ts";
import { createOracleModel } from "../src/evaluation/oracle.ts";
import { playTask } from "../src/evaluation/play-task.ts";
import { playOptions } from "./play-options.ts";
import { findCeilings } from "../src/evaluation/report/ceiling.ts";

const data =
  process.env["CODEACT_DATA"] ?? fileURLToPath(new URL("../../shared/data", import.meta.url));

/** A judge that gives these ratings, one after the other. */
function judgeThatSays(...ratings: readonly number[]) {
  return createOracleModel(ratings.map((rating) => `Good. Rating: [[${rating}]]`));
}

describe.skipIf(!existsSync(join(data, "mt-bench")))("MT-Bench (needs its data)", () => {
  it("claims of no task that no answer passes: a judge decides", async () => {
    const tasks = await mtBench.load({ data, judge: createOracleModel([]) });
    expect(tasks).toHaveLength(80);
    expect(findCeilings(tasks, [{ format: "code", grading: "faithful" }])).toEqual({
      ceilings: [{ format: "code", grading: "faithful", tasks: 30, solvable: 30 }],
      unsolvable: [],
    });
  });

  it.each([
    ["chat", "code"],
    ["agent", "code"],
    ["agent", "json"],
    ["agent", "text"],
  ] as const)("asks twice and has both answers judged: %s, %s", async (variant, format) => {
    const tasks = await mtBench.load({ data, variant, judge: judgeThatSays(9, 4) });
    const task = tasks.find(({ group }) => group === "math")!;
    const { replies } = task.oracle!({ format, grading: "faithful" }) as {
      readonly replies: readonly string[];
    };
    const look =
      variant === "chat" ? [] : [oracleCode(format, "x = 6"), oracleCode(format, "print(x * 7)")];
    const script = [...look.slice(0, 1), replies[0]!, ...look.slice(1), replies[1]!];
    await using runtime = createBareRuntime();
    const { ending, events } = await playTask(
      task,
      playOptions({ model: createOracleModel(script), runtime, format }),
    );
    expect(ending).toMatchObject({ success: true, score: 6.5, turns: script.length });
    expect(ending.reason).toMatch(/^Turn 1, 9: Good[^]*Turn 2, 4: Good/);
    expect(events.flatMap((event) => (event.type === "turn-start" ? [event.turn] : []))).toEqual(
      script.map((_, index) => index + 1),
    );
    const printed = events.flatMap((event) =>
      event.type === "cell-end" ? [event.outcome.outputs] : [],
    );
    expect(printed).toEqual(
      look.map((_, cell) => (cell === 1 ? [{ type: "stream", name: "stdout", text: "42\n" }] : [])),
    );
  });
});
