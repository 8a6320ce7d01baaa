import { Option } from "commander";
import type { Command } from "commander";
import type { Agent } from "../agent/agent.ts";
import { bestOf } from "../agent/best-of.ts";
import type { BestOfOptions, BestOfResult } from "../agent/best-of.ts";
import type { AgentEvent, RunResult } from "../agent/events.ts";
import { CodeActError } from "../errors.ts";
import type { Model } from "../models/model.ts";
import type { CliContext } from "./cli-context.ts";
import { parseCount } from "./parse-options.ts";
import type { RunView } from "./run-view.ts";

/** The options for several continuations of a run. */
export interface BestOfChoice {
  readonly bestOf?: number;
  readonly branchAfter?: number;
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
    .addOption(
      new Option(
        "--branch-after <turns>",
        "with --best-of: do so many turns once, then go on from there in each continuation",
      ).argParser(parseCount),
    )
    .option("--judge <model>", "model that chooses the best answer");
}

/** Throws `invalid_input` for an option that says nothing without `--best-of`. */
export function checkBestOf({ bestOf: n, branchAfter, judge }: BestOfChoice): void {
  if (n !== undefined) return;
  const lonely = branchAfter === undefined ? judge && "--judge" : "--branch-after";
  if (lonely === undefined) return;
  throw new CodeActError("invalid_input", `${lonely} needs --best-of.`, {
    hint: "Say how many continuations to run, such as --best-of 3.",
  });
}

/** Runs the continuations; shows the best one when all have ended, and as JSON all of them with their numbers. */
export async function runBestOf(
  agent: Agent,
  task: string,
  options: Omit<BestOfOptions, "judge" | "onEvent"> & { readonly judge?: Model },
  show: { readonly context: CliContext; readonly view: RunView; readonly json: boolean },
): Promise<BestOfResult> {
  const { context, view, json } = show;
  const events: AgentEvent[][] = Array.from({ length: options.n + 1 }, () => []);
  const best = await bestOf(agent, task, {
    ...options,
    onEvent(branch, event) {
      const numbered = { branch, ...event };
      if (json) view.event(numbered);
      else if (branch === 0) showTrunk(event, view);
      else events[branch]?.push(event);
      if (!json && branch > 0 && event.type === "run-end") {
        context.stderr.write(`continuation ${branch} ${describeEnd(event.result)}\n`);
      }
    },
  });
  if (json) {
    const { winner, score, usage } = best;
    const branches = best.branches.map((each) => ({ branch: each.branch, score: each.score }));
    context.stdout.write(
      `${JSON.stringify({ type: "best-of-end", winner, score, branches, usage })}\n`,
    );
  } else if (best.winner > 0) {
    const { inputTokens, outputTokens } = best.usage;
    const found =
      best.result.status === "answered"
        ? `continuation ${best.winner} is the best`
        : `no answer was accepted; what follows is continuation ${best.winner}`;
    context.stderr.write(`${found}; in all ${inputTokens} + ${outputTokens} tokens\n`);
    for (const event of events[best.winner] ?? []) view.event(event);
  }
  return best;
}

const ends: Readonly<Record<RunResult["status"], string>> = {
  answered: "answered in",
  budget: "used up its budget in",
  stuck: "repeated itself and was stopped after",
  rejected: "gave no accepted answer in",
  paused: "paused after",
  aborted: "was interrupted after",
  failed: "failed after",
};

/** How a continuation ended, and the beginning of what it said. */
function describeEnd({ status, turns, answer, error }: RunResult): string {
  const said = error?.message ?? answer?.split("\n")[0]?.slice(0, 80);
  const line = said === undefined ? "" : `: ${said}`;
  return `${ends[status]} ${turns} ${turns === 1 ? "turn" : "turns"}${line}`;
}

/** What comes before the branching is shown as it happens. */
function showTrunk(event: AgentEvent, view: RunView): void {
  const isPaused = event.type === "run-end" && event.result.status === "paused";
  if (!isPaused) view.event(event);
}
