import { Command } from "commander";
import { CodeActError } from "../../errors.ts";
import type { CliContext } from "../cli-context.ts";
import {
  addEvaluationOptions,
  type EvaluationCommandOptions,
} from "../evaluate/evaluation-options.ts";
import { findBenchmark } from "../evaluate/find-benchmark.ts";

/** `codeact eval`: lets a model work on a benchmark's tasks and measures how it does. */
export function createEvalCommand(context: CliContext): Command {
  const command = new Command("eval")
    .description("let a model work on the tasks of a benchmark and measure how it does")
    .argument(
      "<benchmark>",
      "such as mint, or the path of a module with one of your own; an unknown name lists them all",
    );
  addEvaluationOptions(command).action(async (name: string, options: EvaluationCommandOptions) => {
    if (options.fromOutputs !== undefined) {
      if (name !== "mint") {
        throw new CodeActError("invalid_input", "Only mint has recorded trajectories to grade.");
      }
      const { evaluateRecordings } = await import("../evaluate/from-outputs.ts");
      await evaluateRecordings(options.fromOutputs, options, context);
      return;
    }
    const benchmark = await findBenchmark(name, context.cwd);
    const { evaluate } = await import("../evaluate/evaluate.ts");
    await evaluate(benchmark, options, context);
  });
  command
    .command("fetch")
    .description("download the data of a benchmark from their public address")
    .argument("<benchmark>", "such as gsm8k")
    .option("--data <folder>", "where to (default: CODEACT_DATA, then the cache folder)")
    .option("--again", "also what is there already")
    .action(async (name: string, _options: unknown, self: Command) => {
      const { fetchBenchmark } = await import("../evaluate/fetch-benchmark.ts");
      // The parent knows --data too, and takes it where it stands first.
      await fetchBenchmark(await findBenchmark(name, context.cwd), self.optsWithGlobals(), context);
    });
  return command;
}
