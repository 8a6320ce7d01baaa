import { expect, it } from "vitest";
import type { Machine } from "../machine.ts";
import { judgeCells } from "./judge-cells.ts";
import { fidelityTable, reportFidelity } from "./fidelity-report.ts";

const machine: Machine = {
  cpu: "x",
  cores: 2,
  memory_gib: 1,
  kernel: "6",
  node: "24",
  python: "3.11",
  codeact: "0",
};
const observed = (text: string, timedOut = false) => ({
  text,
  truncated: false,
  errors: timedOut ? ["TimeoutError"] : [],
  timedOut,
});

it("counts what could be compared, and leaves out what was not recorded", () => {
  const trajectory = {
    id: "m/math/1",
    task: "math",
    cells: [
      { code: "1", observation: observed("Out[1]: 1") },
      { code: "2" },
      { code: "slow", observation: observed("", true) },
      { code: "3", observation: observed("4") },
      { code: "slower", observation: observed("5") },
    ],
  };
  const ok = (text: string) => ({ status: "ok" as const, text, errors: [] });
  const cells = judgeCells(trajectory, [
    ok("1"),
    ok("2"),
    ok("9"),
    ok("3"),
    { status: "timeout", text: "", errors: ["KeyboardInterrupt"] },
  ]);
  expect(cells.map(({ verdict }) => verdict)).toEqual([
    "same",
    "unrecorded",
    "recording timed out",
    "different",
    "timed out here",
  ]);
  const explained = [{ trajectory, index: 3, judged: cells[3]!, cause: "randomness" as const }];
  const report = reportFidelity([{ trajectory, cells }], explained, machine);
  expect(report).toEqual({
    cells: 4,
    comparable: 2,
    same: 1,
    different: { randomness: 1 },
    not_comparable: { "recording timed out": 1, "timed out here": 1 },
    agreement: 0.5,
    tasks: { math: { cells: 4, comparable: 2, same: 1 } },
    machine,
  });
  expect(fidelityTable(report).split("\n").slice(0, 2)).toEqual([
    "task               cells  comparable        same   agreement",
    "math                   4           2           1     50.00 %",
  ]);
});
