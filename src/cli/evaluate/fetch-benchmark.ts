import { resolve } from "node:path";
import { CodeActError } from "../../errors.ts";
import type { Benchmark } from "../../evaluation/benchmark.ts";
import { dataFolder } from "../../evaluation/data-folder.ts";
import { fetchData } from "../../evaluation/fetch/fetch-data.ts";
import type { CliContext } from "../cli-context.ts";
import { watchInterrupts } from "../interrupt.ts";
import { chooseRuntime } from "../runtime-choice.ts";
import { createChangingLine } from "./evaluation-progress.ts";

/** Downloads the data of a benchmark from their public addresses and prints the files. */
export async function fetchBenchmark(
  { name, sources = [] }: Benchmark,
  options: { readonly data?: string; readonly again?: boolean },
  context: CliContext,
): Promise<void> {
  const { stdout, stderr, env, cwd, fetch } = context;
  if (sources.length === 0) {
    throw new CodeActError(
      "not_supported",
      `The data of ${name} can't be fetched from one place.`,
      {
        hint: "Put them into a folder of that name and name the folder above it with --data.",
      },
    );
  }
  using interrupts = watchInterrupts(() => stderr.write("\ncodeact: Interrupted.\n"));
  const line = createChangingLine(stderr);
  const opened: AsyncDisposable[] = [];
  try {
    const files = await fetchData(sources, {
      fetch,
      async openSession() {
        const { runtime } = await chooseRuntime({ runtime: "sandbox" }, context);
        opened.push(runtime);
        return runtime.open();
      },
      data: options.data === undefined ? dataFolder(env) : resolve(cwd, options.data),
      signal: interrupts.signal,
      ...(options.again === true && { again: true }),
      onProgress({ path, receivedBytes, totalBytes }) {
        const total = totalBytes === undefined ? "" : ` of ${megabytes(totalBytes)}`;
        line.show(`${path}: ${megabytes(receivedBytes)}${total} MB`, receivedBytes === totalBytes);
      },
    }).finally(line.end);
    for (const file of files.slice(0, 10)) stdout.write(`${file}\n`);
    if (files.length > 10) stdout.write(`and ${files.length - 10} more\n`);
  } catch (error) {
    if (interrupts.exitCode === undefined) throw error;
    context.setExitCode(interrupts.exitCode);
  } finally {
    for (const runtime of opened) await runtime[Symbol.asyncDispose]();
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
