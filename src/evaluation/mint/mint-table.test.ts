import { expect, it } from "vitest";
import { mintRows } from "./mint-table.ts";

it("averages over tasks, and leaves out what was not run", () => {
  const outcome = (model: string, setting: string, task: string, success: boolean) => ({
    model,
    setting: `${setting}+tool+cd`,
    task,
    success,
  });
  const all = ["max1_p1", "max2_p2", "max3_p2", "max4_p2", "max5_p2"].flatMap((setting, index) => [
    outcome("whole", setting, "math", index > 0),
    outcome("whole", setting, "alfworld", index > 1),
    outcome("whole", setting, "mbpp", index > 2),
    outcome("whole", setting, "gsm8k", false),
  ]);
  const rows = mintRows([...all, outcome("part", "max5_p2", "math", true)]);
  expect(rows).toEqual([
    { model: "whole", sr: [0, 25, 50, 75, 75], slope: 20, id: 100, od: 50 },
    { model: "part", sr: [null, null, null, null, 100], slope: null, id: 100, od: null },
  ]);
});
