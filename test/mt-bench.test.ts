import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { mtBench } from "../src/evaluation/mt-bench/mt-bench-benchmark.ts";
import { createOracleModel } from "../src/evaluation/oracle.ts";
import { findCeilings } from "../src/evaluation/report/ceiling.ts";

const data =
  process.env["CODEACT_DATA"] ?? fileURLToPath(new URL("../../shared/data", import.meta.url));

describe.skipIf(!existsSync(join(data, "mt-bench")))("MT-Bench (needs its data)", () => {
  it("claims of no task that no answer passes: a judge decides", async () => {
    const tasks = await mtBench.load({ data, judge: createOracleModel([]) });
    expect(tasks).toHaveLength(80);
    expect(findCeilings(tasks, [{ format: "code", grading: "faithful" }])).toEqual({
      ceilings: [{ format: "code", grading: "faithful", tasks: 30, solvable: 30 }],
      unsolvable: [],
    });
  });
});
