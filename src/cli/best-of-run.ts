import { Option } from "commander";
import type { Command } from "commander";
import type { Agent } from "../agent/agent.ts";
import { bestOf } from "../agent/best-of.ts";
import type { BestOfOptions, BestOfResult } from "../agent/best-of.ts";
import type { AgentEvent } from "../agent/events.ts";
import type { Model } from "../models/model.ts";
import type { CliContext } from "./cli-context.ts";
import { parseCount } from "./parse-options.ts";
import type { RunView } from "./run-view.ts";

/** The options for several continuations of a run. */
export interface BestOfChoice {
  readonly bestOf?: number;
  readonly judge?: string;
}

/** Adds the options of `BestOfChoice` to a command. */
export function addBestOfOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        "--best-of <number>",
        "run so many continuations side by side and keep the best: the one that passes --check, or that --judge chooses",
      ).argParser(parseCount),
    )
    .option("--judge <model>", "model that chooses the best answer");
}

/** Runs the continuations; shows the best one when all have ended, and as JSON all of them with their numbers. */
export async function runBestOf(
  agent: Agent,
  task: string,
  options: Omit<BestOfOptions, "judge" | "onEvent"> & { readonly judge?: Model },
  show: { readonly context: CliContext; readonly view: RunView; readonly json: boolean },
): Promise<BestOfResult> {
  const { context, view, json } = show;
  const events: AgentEvent[][] = Array.from({ length: options.n }, () => []);
  const best = await bestOf(agent, task, {
    ...options,
    onEvent(branch, event) {
      const numbered = { branch, ...event };
      if (json) view.event(numbered);
      else events[branch - 1]?.push(event);
      if (!json && event.type === "run-end") {
        const { status, turns, answer } = event.result;
        const said = answer === undefined ? "" : `: ${answer.split("\n")[0]?.slice(0, 80)}`;
        context.stderr.write(`continuation ${branch} ${status} in ${turns} turns${said}\n`);
      }
    },
  });
  if (json) {
    const branches = best.branches.map(({ branch, score }) => ({ branch, score }));
    context.stdout.write(
      `${JSON.stringify({ type: "best-of-end", winner: best.winner, branches, usage: best.usage })}\n`,
    );
  } else {
    context.stderr.write(`continuation ${best.winner} is the best\n`);
    for (const event of events[best.winner - 1] ?? []) view.event(event);
  }
  return best;
}
