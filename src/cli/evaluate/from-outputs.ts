import { resolve } from "node:path";
import { findRecordedRuns, type RecordedRun } from "../../evaluation/mint/recorded-run.ts";
import { mintRows, mintTable } from "../../evaluation/mint/mint-table.ts";
import { regradeRuns, type RegradedRun } from "../../evaluation/mint/regrade.ts";
import { replayableRuns, replayRuns, type ReplayedRun } from "../../evaluation/mint/replay-runs.ts";
import { textTable } from "../../evaluation/report/text-table.ts";
import type { CliContext } from "../cli-context.ts";
import { watchInterrupts } from "../interrupt.ts";
import { chooseRuntime } from "../runtime-choice.ts";
import type { EvaluationCommandOptions } from "./evaluation-options.ts";
import { createCountProgress } from "./evaluation-progress.ts";

/** Grades recorded trajectories of MINT again, or replays them, and prints what came of it. No model is needed. */
export async function evaluateRecordings(
  folder: string,
  options: EvaluationCommandOptions,
  context: CliContext,
): Promise<void> {
  const { stderr, cwd } = context;
  const runs = findRecordedRuns(resolve(cwd, folder)).slice(0, options.limit);
  using interrupts = watchInterrupts(() => stderr.write("\ncodeact: Interrupted.\n"));
  const { signal } = interrupts;
  const progress = createCountProgress(stderr, "trajectories");
  try {
    const { runtime } = await chooseRuntime(options, context, signal);
    await using _runtime = runtime;
    const work = { runtime, signal, atOnce: options.concurrency, onProgress: progress.update };
    if (options.replay === true) {
      const replayed = await replayRuns(replayableRuns(runs), work).finally(progress.end);
      reportReplay(runs, replayed, options, context);
    } else {
      const quick = options.quick === true;
      const regraded = await regradeRuns(runs, { ...work, quick }).finally(progress.end);
      reportRegrade(regraded, options, context);
    }
  } catch (error) {
    if (interrupts.exitCode === undefined) throw error;
    context.setExitCode(interrupts.exitCode);
  }
}

function reportRegrade(
  regraded: readonly RegradedRun[],
  { json }: EvaluationCommandOptions,
  { stdout }: CliContext,
): void {
  const rows = mintRows(
    regraded.map(({ run, success }) => ({
      model: run.model,
      setting: run.setting,
      task: run.task,
      success,
    })),
  );
  if (json === true) {
    stdout.write(`${JSON.stringify({ rows })}\n`);
    return;
  }
  const graded = regraded.filter(({ source }) => source === "graded");
  const differences = regraded.filter(({ difference }) => difference !== undefined);
  stdout.write(`${textTable(mintTable(rows))}\n\n`);
  stdout.write(
    `${graded.length} of ${regraded.length} trajectories graded again, ${regraded.length - graded.length} taken as recorded. ` +
      `${graded.length - differences.length} agree with the recording, ${differences.length} do not.\n`,
  );
  for (const { run, success, difference } of differences) {
    stdout.write(
      `  ${run.id}: ${solved(run.success)} there, ${solved(success)} here: ${difference}\n`,
    );
  }
}

function reportReplay(
  runs: readonly RecordedRun[],
  replayed: readonly ReplayedRun[],
  { json }: EvaluationCommandOptions,
  { stdout }: CliContext,
): void {
  const differences = replayed.flatMap(({ run, difference }) =>
    difference === undefined ? [] : [{ id: run.id, difference }],
  );
  const same = replayed.length - differences.length;
  if (json === true) {
    const counts = { recorded: runs.length, replayed: replayed.length, same };
    stdout.write(`${JSON.stringify({ ...counts, differences })}\n`);
    return;
  }
  const tasks = Map.groupBy(replayed, ({ run }) => run.task);
  const rows = [...tasks].map(([task, own]) => [
    task,
    `${own.length}`,
    `${own.filter(({ difference }) => difference === undefined).length}`,
  ]);
  stdout.write(`${textTable({ header: ["task", "replayed", "end as recorded"], rows })}\n\n`);
  stdout.write(
    `${same} of ${replayed.length} trajectories end as recorded. ` +
      `${runs.length - replayed.length} of ${runs.length} need a game or Wikipedia and were left out.\n`,
  );
  for (const { id, difference } of differences) stdout.write(`  ${id}: ${difference}\n`);
}

function solved(success: boolean): string {
  return success ? "solved" : "not solved";
}
