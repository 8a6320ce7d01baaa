import { InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";
import type { AgentSettings } from "../agent/agent-options.ts";
import { createFormat, formatNames } from "../formats/choose-format.ts";
import type { FormatChoice } from "../formats/choose-format.ts";
import { parseCount } from "./parse-options.ts";

/** The options of every command in which a model works. */
export interface AgentOptionValues {
  readonly model?: string;
  readonly maxTurns: number;
  readonly maxExecutions?: number;
  readonly maxTokens?: number;
  readonly maxCost?: number;
  readonly maxTime?: number;
  readonly plan?: number;
  readonly system?: string;
  readonly format?: FormatChoice;
}

/** Adds the options of `AgentOptionValues` to a command. */
export function addAgentOptions(command: Command): Command {
  return command
    .option(
      "--model <spec>",
      "model to use, such as openai/gpt-5-mini (default: the first one found)",
    )
    .addOption(
      new Option("--max-turns <number>", "replies of the model before it stops")
        .argParser(parseCount)
        .default(20),
    )
    .addOption(
      new Option("--max-executions <number>", "pieces of code that may run").argParser(parseCount),
    )
    .addOption(
      new Option("--max-tokens <number>", "tokens of all prompts and replies together").argParser(
        parseCount,
      ),
    )
    .addOption(
      new Option("--max-cost <dollars>", "US dollars; for models whose price is known").argParser(
        parsePositive,
      ),
    )
    .addOption(
      new Option("--max-time <seconds>", "wall time of the whole work").argParser(parsePositive),
    )
    .addOption(
      new Option("--plan <turns>", "have the model take stock every so many turns").argParser(
        parseCount,
      ),
    )
    .addOption(
      new Option(
        "--format <name>",
        "how the model acts: code in text, code in tool calls, or one function call per turn (default: per model)",
      ).choices(formatNames),
    )
    .option("--system <text>", "instructions added to the model's own");
}

/** What the options mean to an agent. */
export function agentSettings(
  values: AgentOptionValues,
): Pick<AgentSettings, "budget" | "format" | "planningInterval" | "instructions"> {
  const { maxTurns, maxExecutions, maxTokens, maxCost, maxTime, plan, format, system } = values;
  return {
    budget: {
      turns: maxTurns,
      ...(maxExecutions !== undefined && { executions: maxExecutions }),
      ...(maxTokens !== undefined && { tokens: maxTokens }),
      ...(maxCost !== undefined && { costUsd: maxCost }),
      ...(maxTime !== undefined && { seconds: maxTime }),
    },
    ...(plan !== undefined && { planningInterval: plan }),
    ...(format !== undefined && { format: createFormat(format, { runsPython: true }) }),
    ...(system !== undefined && { instructions: system }),
  };
}

function parsePositive(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value <= 0) {
    throw new InvalidArgumentError("It must be a number above 0.");
  }
  return value;
}
