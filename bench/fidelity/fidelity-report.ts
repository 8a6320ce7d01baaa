import { type Machine } from "../machine.ts";
import type { ExplainedCell, JudgedTrajectory } from "./explain-differences.ts";
import type { Verdict } from "./judge-cells.ts";

/** How many cells of one task could be compared and agreed. */
export interface TaskFidelity {
  readonly cells: number;
  readonly comparable: number;
  readonly same: number;
}

/** The outcome of the whole comparison. */
export interface FidelityReport extends TaskFidelity {
  /** Counts of cells by cause. */
  readonly different: Readonly<Record<string, number>>;
  /** Cells that did not end in time, here or in the recording. */
  readonly not_comparable: Readonly<Record<string, number>>;
  /** `same / comparable`. */
  readonly agreement: number;
  readonly tasks: Readonly<Record<string, TaskFidelity>>;
  readonly machine: Machine;
}

/** Counts cells that have a recorded observation. */
export function reportFidelity(
  judged: readonly JudgedTrajectory[],
  explained: readonly ExplainedCell[],
  machine: Machine,
): FidelityReport {
  const tasks = Object.groupBy(judged, ({ trajectory }) => trajectory.task);
  const total = countCells(judged);
  return {
    ...total,
    different: countBy(explained.map(({ cause }) => cause)),
    not_comparable: countBy(verdictsOf(judged).filter((verdict) => / out/.test(verdict))),
    agreement: Number((total.same / total.comparable).toFixed(5)),
    tasks: Object.fromEntries(
      Object.entries(tasks).map(([task, some]) => [task, countCells(some ?? [])]),
    ),
    machine,
  };
}

/** Lays a report out for people. */
export function fidelityTable(report: FidelityReport): string {
  const row = (columns: readonly string[]): string => {
    const [first = "", ...others] = columns;
    return [first.padEnd(12), ...others.map((column) => column.padStart(12))].join("");
  };
  const rows = Object.entries({ ...report.tasks, all: report }).map(([task, counts]) =>
    row([
      task,
      `${counts.cells}`,
      `${counts.comparable}`,
      `${counts.same}`,
      `${((100 * counts.same) / counts.comparable).toFixed(2)} %`,
    ]),
  );
  const list = (title: string, counts: Readonly<Record<string, number>>): string[] => [
    "",
    title,
    ...Object.entries(counts).map(([cause, count]) => `${`${count}`.padStart(6)}  ${cause}`),
  ];
  return [
    row(["task", "cells", "comparable", "same", "agreement"]),
    ...rows,
    ...list("different", report.different),
    ...list("not comparable", report.not_comparable),
  ].join("\n");
}

function countCells(judged: readonly JudgedTrajectory[]): TaskFidelity {
  const verdicts = verdictsOf(judged);
  const same = verdicts.filter((verdict) => verdict === "same").length;
  const different = verdicts.filter((verdict) => verdict === "different").length;
  return { cells: verdicts.length, comparable: same + different, same };
}

function verdictsOf(judged: readonly JudgedTrajectory[]): readonly Verdict[] {
  return judged
    .flatMap(({ cells }) => cells.map(({ verdict }) => verdict))
    .filter((verdict) => verdict !== "unrecorded");
}

function countBy(names: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return Object.fromEntries([...counts].toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)));
}
