import type { BenchmarkTask, FormatName, Grading } from "../benchmark.ts";

/** How far any model could get: the tasks that an oracle can solve in a format, by one way of judging. */
export interface Ceiling {
  readonly format: FormatName;
  readonly grading: Grading;
  /** Tasks that count by this way of judging. */
  readonly tasks: number;
  readonly solvable: number;
}

/** A task that no answer passes, with the reason. */
export interface UnsolvableTask {
  readonly task: string;
  readonly formats: readonly FormatName[];
  readonly grading: Grading;
  readonly reason: string;
  /** Whether it is left out, rather than counted as a failure of every model. */
  readonly isLeftOut: boolean;
}

/** A format and a way of judging that were used. */
export type JudgedFormat = Pick<Ceiling, "format" | "grading">;

/** Asks the oracles of all tasks; empty for a benchmark without oracles. */
export function findCeilings(
  tasks: readonly BenchmarkTask[],
  used: readonly JudgedFormat[],
): { readonly ceilings: readonly Ceiling[]; readonly unsolvable: readonly UnsolvableTask[] } {
  const withOracle = tasks.filter(({ oracle }) => oracle !== undefined);
  if (withOracle.length === 0) return { ceilings: [], unsolvable: [] };
  const found = used.flatMap((way) =>
    withOracle.flatMap((task) => {
      const reason = reasonOf(task, way);
      return reason === undefined ? [] : [{ ...way, ...reason, task: task.id }];
    }),
  );
  const ceilings = used.map(({ format, grading }) => {
    const own = found.filter((one) => one.format === format && one.grading === grading);
    const leftOut = own.filter(({ isLeftOut }) => isLeftOut).length;
    return {
      format,
      grading,
      tasks: withOracle.length - leftOut,
      solvable: withOracle.length - own.length,
    };
  });
  const alike = Map.groupBy(found, ({ task, grading, reason }) =>
    JSON.stringify([task, grading, reason]),
  );
  const unsolvable = [...alike.values()].map((members) => {
    const { format: _, ...rest } = members[0]!;
    return { ...rest, formats: members.map(({ format }) => format) };
  });
  return { ceilings, unsolvable };
}

function reasonOf(
  task: BenchmarkTask,
  way: JudgedFormat,
): Pick<UnsolvableTask, "reason" | "isLeftOut"> | undefined {
  if (task.fault !== undefined && way.grading === "corrected") {
    return { reason: task.fault, isLeftOut: true };
  }
  const oracle = task.oracle?.(way);
  return oracle === undefined || "replies" in oracle
    ? undefined
    : { reason: oracle.impossible, isLeftOut: false };
}
