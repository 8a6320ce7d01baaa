import { Option } from "commander";
import type { Command } from "commander";
import { InvalidArgumentError } from "commander";
import type { Feedback, FormatName, Grading } from "../../evaluation/benchmark.ts";
import { parseCount, parseSecondsToMs } from "../parse-options.ts";
import { runtimeOptions, type RuntimeChoice } from "../runtime-choice.ts";

/** The options of `codeact eval`. */
export interface EvaluationCommandOptions extends RuntimeChoice {
  readonly model?: string;
  readonly format?: readonly FormatName[];
  readonly limit?: number;
  readonly concurrency: number;
  readonly grading: Grading;
  readonly feedback: Feedback;
  readonly out?: string;
  readonly data?: string;
  readonly variant?: string;
  readonly samples: number;
  readonly seed: number;
  readonly maxTurns?: number;
  readonly temperature?: number;
  readonly maxReplyTokens?: number;
  readonly taskTimeout: number;
  readonly price?: readonly [number, number];
  readonly judge?: string;
  readonly skipMalformed?: boolean;
  readonly json?: boolean;
  readonly fromOutputs?: string;
  readonly replay?: boolean;
  readonly quick?: boolean;
}

/** Adds them to a command. */
export function addEvaluationOptions(command: Command): Command {
  command
    .option("--model <spec>", "model to evaluate; oracle solves the tasks from their data")
    .addOption(
      new Option(
        "--format <names>",
        "action formats: code, json, text; several with commas",
      ).argParser(parseFormats),
    )
    .addOption(new Option("--limit <n>", "only the first n tasks").argParser(parseCount))
    .addOption(new Option("--concurrency <n>", "tasks at once").argParser(parseCount).default(4))
    .addOption(
      new Option(
        "--grading <rules>",
        "faithful reproduces published numbers, corrected repairs quirks",
      )
        .choices(["faithful", "corrected"])
        .default("faithful"),
    )
    .addOption(
      new Option(
        "--feedback <kind>",
        "how exceptions read: Python's own traceback, or the kernel's",
      )
        .choices(["plain", "enriched"])
        .default("enriched"),
    )
    .option(
      "--out <folder>",
      "results, trajectories and reports (default: codeact-output/eval/NAME)",
    )
    .option(
      "--data <folder>",
      "data of the benchmarks (default: CODEACT_DATA, then the cache folder)",
    )
    .option("--variant <name>", "variant of the benchmark, such as max3_p2 of mint")
    .addOption(new Option("--samples <n>", "tries at each task").argParser(parseCount).default(1))
    .addOption(new Option("--seed <n>", "seed of random numbers").argParser(parseWhole).default(0))
    .addOption(
      new Option("--max-turns <n>", "replies of the model in a task").argParser(parseCount),
    )
    .addOption(new Option("--temperature <t>", "of the model").argParser(parseNumber))
    .addOption(
      new Option(
        "--max-reply-tokens <n>",
        "tokens of one reply, thinking included (default: the benchmark's, mostly 512)",
      ).argParser(parseCount),
    )
    .addOption(
      new Option("--task-timeout <seconds>", "time limit of one task")
        .argParser(parseSecondsToMs)
        .default(900_000, "900"),
    )
    .addOption(
      new Option(
        "--price <in/out>",
        "dollars for a million tokens read and written, such as 0.25/2",
      ).argParser(parsePrice),
    )
    .option("--judge <spec>", "model that judges answers, for mt-bench")
    .option("--skip-malformed", "leave malformed records of the data out")
    .option(
      "--from-outputs <folder>",
      "mint only: grade recorded trajectories again, no model needed",
    )
    .option(
      "--replay",
      "with --from-outputs: run the recorded replies through our loop and interpreter",
    )
    .option(
      "--quick",
      "with --from-outputs: take the recorded result where tests would have to run",
    )
    .option("--json", "print the results as JSON");
  for (const option of runtimeOptions()) command.addOption(option);
  return command;
}

function parseFormats(text: string): readonly FormatName[] {
  const names = text.split(",").map((name) => name.trim());
  if (names.every((name) => name === "code" || name === "json" || name === "text")) return names;
  throw new InvalidArgumentError("It must be code, json or text, or several of them with commas.");
}

function parseWhole(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0) return value;
  throw new InvalidArgumentError("It must be a whole number from 0.");
}

function parseNumber(text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value) && value >= 0) return value;
  throw new InvalidArgumentError("It must be a number from 0.");
}

function parsePrice(text: string): readonly [number, number] {
  const parts = text.split("/").map(Number);
  const [input, output = input] = parts;
  if (
    parts.length <= 2 &&
    input !== undefined &&
    output !== undefined &&
    input >= 0 &&
    output >= 0
  ) {
    return [input, output];
  }
  throw new InvalidArgumentError("It must be one or two prices, such as 0.25/2.");
}
