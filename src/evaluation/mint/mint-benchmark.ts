import type { AgentEvent } from "../../agent/events.ts";
import { CodeActError } from "../../errors.ts";
import { textMessage } from "../../models/model.ts";
import type { Benchmark, BenchmarkTask, Ending, PlayContext } from "../benchmark.ts";
import { withFeedback } from "../action-format.ts";
import { playDialogue, type DialogueStep } from "../dialogue.ts";
import { plainTraceback } from "../plain-traceback.ts";
import { gradeProposal } from "./grade-proposal.ts";
import { createMintFormat, mintMessage, mintObservation, notUnderstood } from "./mint-format.ts";
import { mintOracle } from "./mint-oracle.ts";
import { mintPrompt, type MintRules } from "./mint-prompt.ts";
import { readMintReply } from "./mint-reply.ts";
import { loadMintTasks, mintTaskNames, type MintTask } from "./mint-tasks.ts";

/** The reason of an ending in which the proposals are used up. */
export const noProposalLeft = "no proposal is left";

const cellTimeoutMs = 30_000;
const defaultRules: MintRules = { maxSteps: 5, maxProposals: 2 };

/**
 * MINT (Wang et al., 2023): tasks of reasoning and programming over several turns. Variants are its settings, such
 * as `max3_p2`: at most 3 steps and 2 proposals; or the name of one task, such as `gsm8k`; or both with a space.
 */
export const mint: Benchmark = {
  name: "mint",
  description: "reasoning and programming over several turns, with a limited number of proposals",
  formats: ["code", "json", "text"],
  sources: mintTaskNames.map((name) => ({
    url: `https://raw.githubusercontent.com/xingyaoww/mint-bench/main/data/processed/${name}/test_prompts.json`,
    path: `mint/processed/${name}/test_prompts.json`,
  })),
  async load(options) {
    const { rules, names } = readVariant(options.variant ?? "");
    const tasks = await Promise.all(names.map((name) => loadMintTasks(name, options)));
    return tasks.flat().map((task) => mintTask(task, rules));
  },
};

function readVariant(variant: string): {
  readonly rules: MintRules;
  readonly names: typeof mintTaskNames | MintTask["name"][];
} {
  let rules = defaultRules;
  const names: MintTask["name"][] = [];
  for (const word of variant.split(/[ ,]+/).filter((part) => part !== "")) {
    const setting = /^max(\d+)_p(\d+)$/.exec(word);
    const name = mintTaskNames.find((known) => known === word);
    if (setting !== null) {
      rules = { maxSteps: Number(setting[1]), maxProposals: Number(setting[2]) };
    } else if (name !== undefined) names.push(name);
    else {
      throw new CodeActError("invalid_input", `MINT has no variant ${word}.`, {
        hint: `Name a setting such as max5_p2, or a task: ${mintTaskNames.join(", ")}.`,
      });
    }
  }
  return { rules, names: names.length === 0 ? mintTaskNames : names };
}

/** Makes a task that is played by MINT's rules. */
export function mintTask(task: MintTask, rules: MintRules): BenchmarkTask {
  return {
    id: `${task.name}/${task.id}`,
    group: task.name,
    play: (context) => playMint(task, rules, context),
    oracle: (options) => mintOracle(task, options),
  };
}

async function* playMint(
  task: MintTask,
  rules: MintRules,
  context: PlayContext,
): AsyncGenerator<AgentEvent, Ending, undefined> {
  const kind = task.name === "mbpp" || task.name === "humaneval" ? task.name : "reasoning";
  const session = await context.openSession({ timeoutMs: cellTimeoutMs });
  const maxSteps = context.maxTurns ?? rules.maxSteps;
  let proposals = 0;

  /** Says something, or ends when steps or proposals are used up. */
  function say(text: string, turn: number): DialogueStep {
    const left = { steps: maxSteps - turn, proposals: rules.maxProposals - proposals };
    if (left.proposals <= 0) return { end: { success: false, reason: noProposalLeft } };
    return { say: mintMessage(text, left.steps, left.proposals) };
  }

  return yield* playDialogue({
    ...context,
    session,
    maxTurns: maxSteps,
    format: withFeedback(createMintFormat(context.format), context.feedback),
    sampling: { temperature: 0, maxOutputTokens: 512, ...context.sampling },
    messages: [
      textMessage("user", mintPrompt(kind, task.prompt, { ...rules, maxSteps }, context.format)),
    ],
    afterCell(outcome, turn) {
      const shown = context.feedback === "plain" ? plainTraceback(outcome) : outcome;
      return say(mintObservation(shown), turn);
    },
    async afterAnswer(reply, turn) {
      proposals += 1;
      const read = readMintReply(reply);
      const answer = read.kind === "proposal" ? read.answer : reply;
      const grade = await gradeProposal(task, answer, context);
      if (grade.success) return { end: { ...grade, answer } };
      const step = say("Your answer is wrong.", turn);
      return "end" in step ? { end: { ...step.end, ...grade, answer } } : step;
    },
    afterMalformed(_reason, turn, text) {
      if (text.includes("<solution>")) proposals += 1;
      return say(notUnderstood(context.format), turn);
    },
  });
}
