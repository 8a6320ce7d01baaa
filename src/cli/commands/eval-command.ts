import { Command } from "commander";
import { CodeActError } from "../../errors.ts";
import type { CliContext } from "../cli-context.ts";
import {
  addEvaluationOptions,
  type EvaluationCommandOptions,
} from "../evaluate/evaluation-options.ts";

/** `codeact eval`: lets a model work on a benchmark's tasks and measures how it does. */
export function createEvalCommand(context: CliContext): Command {
  const command = new Command("eval")
    .description("let a model work on the tasks of a benchmark and measure how it does")
    .argument("<benchmark>", "such as mint; an unknown name lists them all");
  return addEvaluationOptions(command).action(
    async (name: string, options: EvaluationCommandOptions) => {
      // No other command should wait for what only this one loads.
      const { benchmarks } = await import("../../evaluation/benchmarks.ts");
      const benchmark = benchmarks.find((known) => known.name === name);
      if (benchmark === undefined) {
        const list = benchmarks.map((known) => `${known.name} (${known.description})`).join("; ");
        throw new CodeActError("invalid_input", `There is no benchmark named ${name}.`, {
          hint: `Choose from: ${list}.`,
        });
      }
      const { evaluate } = await import("../evaluate/evaluate.ts");
      await evaluate(benchmark, options, context);
    },
  );
}
