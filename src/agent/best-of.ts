import { CodeActError } from "../errors.ts";
import type { Model, Usage } from "../models/model.ts";
import { addUsage, subtractUsage } from "../models/model-price.ts";
import type { Agent, AgentRun, RunOptions } from "./agent.ts";
import type { AgentEvent, RunResult } from "./events.ts";
import type { Task } from "./history.ts";
import { judgeAnswers } from "./judge-answers.ts";
import { runCheck } from "./run-check.ts";

const noUsage: Usage = { inputTokens: 0, outputTokens: 0 };

/** How several continuations are made, and the best one chosen. */
export interface BestOfOptions<Value = unknown> extends Omit<RunOptions<Value>, "pauseAfterTurns"> {
  /** Continuations, from 2. */
  readonly n: number;
  /**
   * Turns that are done once, before the run branches: the continuations share what these made. A run that ends within
   * them, with its answer or because its budget is used up, is the result. Default: 0, each continuation does the whole task.
   */
  readonly branchAfterTurns?: number;
  /**
   * Says how good a continuation is: true and false, or a number, more for better. Or Python code, which runs in a copy
   * of the continuation's interpreter, where `answer` is its answer: it passes unless it raises or its last value is
   * false. `!command` passes when the command ends with 0.
   */
  readonly check?:
    | string
    | ((candidate: Candidate<Value>) => boolean | number | Promise<boolean | number>);
  /** Chooses among those that the check finds equally good. Default: the most frequent answer, then the first one. */
  readonly judge?: Model;
  /** Of each continuation, in turn. Default: the agent's for the first, from 0.5 to 1 for the others. */
  readonly temperatures?: readonly number[];
  /** Receives what happens in each, from 1; 0 is what comes before they part. Must not throw. */
  readonly onEvent?: (branch: number, event: AgentEvent) => void;
}

/** One continuation that has ended. Its agent is live until the best one is chosen. */
export interface Candidate<Value = unknown> {
  /** From 1. */
  readonly branch: number;
  readonly agent: Agent;
  readonly result: RunResult<Value>;
}

export interface BestOfResult<Value = unknown> {
  /** The continuation that is now the agent's conversation, from 1; 0 when the run ended before it branched. */
  readonly winner: number;
  readonly result: RunResult<Value>;
  /** What the check gave for it; 0 without an accepted answer. */
  readonly score: number;
  readonly branches: readonly BranchSummary<Value>[];
  /** Of all continuations, of what came before them and of the judge. */
  readonly usage: Usage;
}

export interface BranchSummary<Value = unknown> {
  readonly branch: number;
  readonly result: RunResult<Value>;
  /** What the check gave; 0 for a continuation without an accepted answer. */
  readonly score: number;
}

/**
 * Lets `n` forks of an agent work on the same task side by side and goes on with the best one: its conversation,
 * variables and files become the agent's. They part at the start or, with `branchAfterTurns`, in the middle of the
 * run. Rejects as `fork` does, and with what a check throws; the agent is then as it was when they parted.
 */
export async function bestOf<Value = unknown>(
  agent: Agent,
  task: string | Task,
  options: BestOfOptions<Value>,
): Promise<BestOfResult<Value>> {
  const { n, branchAfterTurns = 0, onEvent } = options;
  checkCounts(n, branchAfterTurns);
  const trunk = await runTrunk(agent, task, options);
  if (trunk !== undefined && trunk.status !== "paused") {
    const score = (await scoreOf({ branch: 0, agent, result: trunk }, options)) || 0;
    return { winner: 0, result: trunk, score, branches: [], usage: trunk.usage };
  }
  const forks: Agent[] = [];
  try {
    for (let branch = 1; branch <= n; branch++) {
      forks.push(await agent.fork({ sampling: samplingOf(branch, options) }));
    }
    const candidates = await Promise.all(
      forks.map(async (fork, index): Promise<Candidate<Value>> => {
        const branch = index + 1;
        const run: AgentRun<Value> =
          trunk === undefined ? fork.run(task, options) : fork.resume(options);
        for await (const event of run) onEvent?.(branch, event);
        return { branch, agent: fork, result: await run.result };
      }),
    );
    const found = await Promise.all(candidates.map((each) => scoreOf(each, options)));
    const best = bestOfAll(candidates, found);
    const scores = found.map((score) => score || 0);
    const text = typeof task === "string" ? task : task.text;
    const chosen = await choose(best, text, options);
    await agent.adopt(chosen.candidate.agent);
    const used = candidates.map(({ result: { usage } }) =>
      trunk === undefined ? usage : subtractUsage(usage, trunk.usage),
    );
    return {
      winner: chosen.candidate.branch,
      result: chosen.candidate.result,
      score: scores[candidates.indexOf(chosen.candidate)]!,
      branches: candidates.map(({ branch, result }, index) => ({
        branch,
        result,
        score: scores[index]!,
      })),
      usage: [trunk?.usage ?? noUsage, ...used].reduce(addUsage, chosen.usage),
    };
  } finally {
    await Promise.all(forks.map((fork) => fork.close()));
  }
}

/** Does the turns that all continuations share; undefined when there are none. */
async function runTrunk<Value>(
  agent: Agent,
  task: string | Task,
  { branchAfterTurns, onEvent, ...options }: BestOfOptions<Value>,
): Promise<RunResult<Value> | undefined> {
  if (branchAfterTurns === undefined || branchAfterTurns === 0) return undefined;
  const run = agent.run<Value>(task, { ...options, pauseAfterTurns: branchAfterTurns });
  for await (const event of run) onEvent?.(0, event);
  return await run.result;
}

function checkCounts(n: number, branchAfterTurns: number): void {
  if (!Number.isInteger(n) || n < 2) {
    throw new CodeActError("invalid_input", `The best of ${n} can't be found: it takes 2 or more.`);
  }
  if (!Number.isInteger(branchAfterTurns) || branchAfterTurns < 0) {
    throw new CodeActError(
      "invalid_input",
      `A run branches after a whole number of turns, not after ${branchAfterTurns}.`,
    );
  }
}

/** The first continuation is the one that would have been without the others. */
function samplingOf(
  branch: number,
  { n, temperatures }: Pick<BestOfOptions, "n" | "temperatures">,
): { readonly seed: number; readonly temperature?: number } {
  const given = temperatures?.[(branch - 1) % temperatures.length];
  if (given !== undefined) return { seed: branch, temperature: given };
  if (branch === 1) return { seed: branch };
  return { seed: branch, temperature: 0.5 + (0.5 * (branch - 1)) / (n - 1) };
}

async function scoreOf<Value>(
  candidate: Candidate<Value>,
  { check, signal }: BestOfOptions<Value>,
): Promise<number> {
  const { result, agent } = candidate;
  if (result.status !== "answered") return 0;
  if (check === undefined) return 1;
  if (typeof check === "function") return Number(await check(candidate));
  const { session } = agent;
  return session !== undefined && (await runCheck(session, check, result, signal)) ? 1 : 0;
}

/** Answers that were accepted come before all others, whatever their score; then the score decides. */
function bestOfAll<Value>(
  candidates: readonly Candidate<Value>[],
  scores: readonly number[],
): readonly Candidate<Value>[] {
  const ranked = candidates.map((candidate, at) => ({
    candidate,
    rank: rankOf(candidate.result, scores[at]!),
    score: scores[at]! || 0,
  }));
  const rank = Math.max(...ranked.map((each) => each.rank));
  const first = ranked.filter((each) => each.rank === rank);
  const score = Math.max(...first.map((each) => each.score));
  return first.filter((each) => each.score === score).map(({ candidate }) => candidate);
}

/** A check that says nothing, such as 0 / 0, must not pass for more than a score below 0. */
function rankOf({ status, answer, partialAnswer }: RunResult, score: number): number {
  if (status === "answered") return Number.isNaN(score) ? 3 : 4;
  if (answer !== undefined) return 2;
  return partialAnswer === undefined ? 0 : 1;
}

async function choose<Value>(
  best: readonly Candidate<Value>[],
  task: string,
  { judge, signal }: BestOfOptions<Value>,
): Promise<{ readonly candidate: Candidate<Value>; readonly usage: Usage }> {
  const answers = best.map(({ result }) => result.answer ?? result.partialAnswer ?? "");
  let usage: Usage = { inputTokens: 0, outputTokens: 0 };
  if (judge !== undefined && new Set(answers).size > 1) {
    const verdict = await judgeAnswers(judge, task, answers, signal);
    usage = verdict.usage;
    const candidate = verdict.best === undefined ? undefined : best[verdict.best];
    if (candidate !== undefined) return { candidate, usage };
  }
  return { candidate: best[mostFrequent(answers)]!, usage };
}

/** The place of the first answer that is given most often, whatever its case and white space. */
function mostFrequent(answers: readonly string[]): number {
  const keys = answers.map((answer) => answer.toLowerCase().replaceAll(/\s+/g, " ").trim());
  const counts = keys.map((key) => keys.filter((other) => other === key).length);
  return counts.indexOf(Math.max(...counts));
}
