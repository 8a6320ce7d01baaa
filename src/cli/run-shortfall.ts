import type { RunResult } from "../agent/events.ts";

/** Says why a run ended without an accepted answer, and what to do; undefined for other ends. */
export function describeShortfall(result: RunResult): string | undefined {
  const turns = `${result.turns} ${result.turns === 1 ? "turn" : "turns"}`;
  switch (result.status) {
    case "budget": {
      const kind = result.budget ?? "turns";
      const [limit, option] = limits[kind];
      const had = result.answer === undefined ? "gave no answer" : "had to answer early";
      return `The model ${had}: ${limit} (${turns}).\n  Allow more with ${option}, or make the task smaller.`;
    }
    case "stuck":
      return `The model repeated itself and was stopped after ${turns}.\n  Say the task in other words, or choose another model.`;
    case "rejected":
      return `${(result.rejection ?? "The answer was not accepted.").split("\n")[0]!.replace("Your answer", "The answer").replace(" Correct it and answer again.", "")}\n  Look at the schema and the check, or choose another model.`;
    default:
      return undefined;
  }
}

const limits: Readonly<Record<NonNullable<RunResult["budget"]>, readonly [string, string]>> = {
  turns: ["its turns are used up", "--max-turns"],
  executions: ["it may run no more code", "--max-executions"],
  tokens: ["its tokens are used up", "--max-tokens"],
  costUsd: ["its money is used up", "--max-cost"],
  seconds: ["its time is over", "--max-time"],
};
