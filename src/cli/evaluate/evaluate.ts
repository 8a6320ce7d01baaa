import { join, relative, resolve } from "node:path";
import type { Sampling } from "../../agent/stream-reply.ts";
import { CodeActError } from "../../errors.ts";
import type { Benchmark, BenchmarkTask, FormatName } from "../../evaluation/benchmark.ts";
import { createContextNotes } from "../../evaluation/context-notes.ts";
import { dataFolder } from "../../evaluation/data-folder.ts";
import { createOracleModel } from "../../evaluation/oracle.ts";
import { createReport, type Report } from "../../evaluation/report/report.ts";
import { reportTables, unfinishedNote } from "../../evaluation/report/report-tables.ts";
import { textTable } from "../../evaluation/report/text-table.ts";
import { writeReports } from "../../evaluation/report/write-reports.ts";
import { openResultStore, type ResultStore } from "../../evaluation/result-store.ts";
import { runEvaluation } from "../../evaluation/run-evaluation.ts";
import type { Model } from "../../models/model.ts";
import type { CliContext } from "../cli-context.ts";
import { watchInterrupts } from "../interrupt.ts";
import { chooseRuntime } from "../runtime-choice.ts";
import type { EvaluationCommandOptions } from "./evaluation-options.ts";
import { createEvaluationProgress } from "./evaluation-progress.ts";

/** Plays a benchmark's tasks with a model and prints what came of it. */
export async function evaluate(
  benchmark: Benchmark,
  options: EvaluationCommandOptions,
  context: CliContext,
): Promise<void> {
  const { stderr, cwd } = context;
  const { price, judge: _, ...settings } = options;
  const formats = options.format ?? benchmark.formats.slice(0, 1);
  const out = resolve(cwd, options.out ?? `codeact-output/eval/${benchmark.name}`);
  const judge = options.judge === undefined ? undefined : await chosenModel(options.judge, context);
  const all = await loadTasks(benchmark, options, judge, context);
  for (const format of formats) checkFormat(benchmark, all, format);
  const tasks = chosenTasks(all, options, stderr);
  const model = options.model === "oracle" ? undefined : await chosenModel(options.model, context);
  using store = openResultStore(out);
  using interrupts = watchInterrupts(() => {
    stderr.write(
      "\ncodeact: Interrupted; what is done is kept, the same command goes on from here.\n",
    );
  });
  const { signal } = interrupts;
  let fault: { readonly error: unknown } | undefined;
  try {
    const { runtime, environment } = await chooseRuntime(options, context, signal);
    await using _runtime = runtime;
    for (const format of formats) {
      const progress = createEvaluationProgress(stderr, `${benchmark.name} (${format})`);
      await runEvaluation({
        ...settings,
        benchmark: benchmark.name,
        tasks: model === undefined ? solvable(tasks, options, format, stderr) : tasks,
        model: model ?? ((task) => oracleOf(task, options, format)),
        runtime,
        environment,
        store,
        format,
        ...(judge && { judge: judge.id }),
        sampling: samplingOf(options),
        taskTimeoutMs: options.taskTimeout,
        ...(price && { price: priceOf(price) }),
        signal,
        onProgress: progress.update,
      }).finally(progress.end);
    }
  } catch (error) {
    fault = interrupts.exitCode === undefined ? { error } : undefined;
    if (interrupts.exitCode !== undefined) context.setExitCode(interrupts.exitCode);
  }
  try {
    if (store.results().length > 0) report({ benchmark, tasks: all, out, store }, options, context);
  } catch (error) {
    // What ended the evaluation says more than what it did to the report.
    fault ??= { error };
  }
  if (fault !== undefined) throw fault.error;
}

interface Evaluated {
  readonly benchmark: Benchmark;
  /** All of the benchmark, also those that were not played. */
  readonly tasks: readonly BenchmarkTask[];
  readonly out: string;
  readonly store: ResultStore;
}

/** Writes the reports of all that is done, and prints the tables or the data. */
function report(
  { benchmark, tasks, out, store }: Evaluated,
  options: EvaluationCommandOptions,
  { stdout, stderr, cwd }: CliContext,
): void {
  const made = createReport(benchmark.name, store.results(), tasks);
  const notes = createContextNotes();
  writeReports(out, made, notes.watch(store.trajectories()));
  if (options.json === true) stdout.write(`${JSON.stringify(made, undefined, 2)}\n`);
  else writeTables(made, out, { stdout, cwd });
  for (const note of notes.texts()) stderr.write(`codeact: ${note}\n`);
}

function writeTables(
  made: Report,
  out: string,
  { stdout, cwd }: Pick<CliContext, "stdout" | "cwd">,
): void {
  const width = stdout.isTTY === true ? stdout.columns : undefined;
  for (const { title, table } of reportTables({
    ...made,
    published: [],
    publishedBestFormats: [],
    unsolvable: [],
  })) {
    stdout.write(`${title}\n\n${textTable(table, width)}\n\n`);
  }
  const unfinished = unfinishedNote(made);
  if (unfinished !== undefined) stdout.write(`${unfinished}\n`);
  stdout.write(
    `The report is ${placeOf(join(out, "report.html"), cwd)}; trajectories.html beside it shows each turn.\n`,
  );
}

async function loadTasks(
  benchmark: Benchmark,
  options: EvaluationCommandOptions,
  judge: Model | undefined,
  { stderr, env, cwd }: CliContext,
): Promise<readonly BenchmarkTask[]> {
  const tasks = await benchmark.load({
    data: options.data === undefined ? dataFolder(env) : resolve(cwd, options.data),
    ...(options.variant !== undefined && { variant: options.variant }),
    ...(judge && { judge }),
    ...(options.skipMalformed === true && {
      onMalformed: (fault) => stderr.write(`codeact: Left out: ${fault.message}\n`),
    }),
  });
  if (tasks.length > 0) return tasks;
  throw new CodeActError("invalid_input", `No task of ${benchmark.name} is left to play.`, {
    hint: `Fetch its data again with \`codeact eval fetch ${benchmark.name} --again\`.`,
  });
}

/** The first tasks; corrected grading leaves those with a fault out. */
function chosenTasks(
  tasks: readonly BenchmarkTask[],
  { limit, grading }: EvaluationCommandOptions,
  stderr: CliContext["stderr"],
): readonly BenchmarkTask[] {
  return tasks.slice(0, limit).filter(({ id, fault }) => {
    if (fault === undefined || grading === "faithful") return true;
    stderr.write(`codeact: Left out ${id}: ${fault}\n`);
    return false;
  });
}

function samplingOf({ temperature, maxReplyTokens }: EvaluationCommandOptions): Sampling {
  return {
    ...(temperature !== undefined && { temperature }),
    ...(maxReplyTokens !== undefined && { maxOutputTokens: maxReplyTokens }),
  };
}

async function chosenModel(spec: string | undefined, { env, fetch }: CliContext): Promise<Model> {
  const { resolveModel } = await import("../../models/resolve-model.ts");
  return resolveModel(spec, { env, fetch });
}

function checkFormat(
  benchmark: Benchmark,
  tasks: readonly BenchmarkTask[],
  format: FormatName,
): void {
  const { name, formats } = benchmark;
  const plain = tasks.find((task) => task.formats?.includes(format) === false)?.formats;
  if (plain === undefined && formats.includes(format)) return;
  const message = `${name} can't be played in the ${format} format.`;
  throw new CodeActError("invalid_input", message, {
    hint: plain
      ? `This variant of it has no actions: leave --format out, or choose a --variant with actions, such as agent.`
      : `Choose from: ${formats.join(", ")}.`,
  });
}

/** The tasks that an oracle can solve; the others are told with the reason. */
function solvable(
  tasks: readonly BenchmarkTask[],
  { grading }: EvaluationCommandOptions,
  format: FormatName,
  stderr: CliContext["stderr"],
): readonly BenchmarkTask[] {
  return tasks.filter((task) => {
    const oracle = task.oracle?.({ format, grading });
    if (oracle !== undefined && "replies" in oracle) return true;
    const reason = oracle?.impossible ?? "There is no oracle for it.";
    stderr.write(`codeact: No answer passes ${task.id}: ${reason}\n`);
    return false;
  });
}

function oracleOf(
  task: BenchmarkTask,
  { grading }: EvaluationCommandOptions,
  format: FormatName,
): Model {
  const oracle = task.oracle?.({ format, grading });
  return createOracleModel(oracle !== undefined && "replies" in oracle ? oracle.replies : []);
}

function priceOf([input, output]: readonly [number, number]) {
  return ({ inputTokens, outputTokens }: { inputTokens: number; outputTokens: number }): number =>
    (inputTokens * input + outputTokens * output) / 1e6;
}

/** A path as a person writes it: relative where it is below the current folder. */
function placeOf(path: string, cwd: string): string {
  const below = relative(cwd, path);
  return below.startsWith("..") ? path : below;
}
