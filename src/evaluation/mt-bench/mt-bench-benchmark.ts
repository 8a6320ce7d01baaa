import type { AgentEvent } from "../../agent/events.ts";
import { CodeActError } from "../../errors.ts";
import { addUsage } from "../../models/model-price.ts";
import type { Model } from "../../models/model.ts";
import { createTaskAgent } from "../agent-task.ts";
import { askAgent } from "../ask-agent.ts";
import { askModel, type Asked } from "../ask-model.ts";
import type { Benchmark, BenchmarkTask, Ending, PlayContext } from "../benchmark.ts";
import { oracleAnswer } from "../oracle-call.ts";
import { unknownVariant } from "../unknown-variant.ts";
import { judgeAnswers } from "./judge.ts";
import { loadMtBench, type JudgePrompt, type MtBenchTask } from "./mt-bench-data.ts";

const temperatures: Readonly<Record<string, number>> = {
  writing: 0.7,
  roleplay: 0.7,
  stem: 0.1,
  humanities: 0.1,
};
const base = "https://raw.githubusercontent.com/lm-sys/FastChat/main/fastchat/llm_judge/data";

/**
 * MT-Bench (Zheng et al., 2023): 80 conversations of two turns; a judge model rates each answer from 1 to 10. The
 * score of a task is the mean of its two ratings; it counts as solved from 5 on. Variant `agent`: the agent answers,
 * with an interpreter; the default `chat` asks for plain replies.
 */
export const mtBench: Benchmark = {
  name: "mt-bench",
  description: "80 conversations of two turns, rated from 1 to 10 by a judge model (--judge)",
  formats: ["code", "json", "text"],
  sources: [
    {
      url: `${base}/mt_bench/question.jsonl`,
      path: "mt-bench/question.jsonl",
      sha256: "119565adbab82227089cefdb44c8d7e2cf04dc0a0ec233634c82e7d4e2a944f7",
    },
    {
      url: `${base}/judge_prompts.jsonl`,
      path: "mt-bench/judge_prompts.jsonl",
      sha256: "fd283293406d024f44c174b094ef48031d0687a4682fd3a56b29b138f80281b6",
    },
    {
      url: `${base}/mt_bench/reference_answer/gpt-4.jsonl`,
      path: "mt-bench/reference_answer_gpt-4.jsonl",
      sha256: "f957a5bc977badb66885ec970e6cd08527845780313f0995764260e5777b9b3f",
    },
  ],
  async load(options) {
    const { judge, variant = "chat" } = options;
    if (variant !== "chat" && variant !== "agent") {
      throw unknownVariant("mt-bench", variant, ["chat", "agent"]);
    }
    if (judge === undefined) {
      throw new CodeActError("invalid_input", "mt-bench needs a model that judges.", {
        hint: "Name one with --judge, such as --judge openai/gpt-5-mini.",
      });
    }
    const { tasks, prompts } = await loadMtBench(options);
    return tasks.map((task) => mtBenchTask({ task, prompts, judge, ask: asks[variant] }, variant));
  },
};

type Variant = "chat" | "agent";

function mtBenchTask(play: MtBenchPlay, variant: Variant): BenchmarkTask {
  const { id, category, references } = play.task;
  return {
    id: `${id}`,
    group: category,
    ...(variant === "chat" && { formats: ["code"] }),
    play: (context) => playMtBench(play, context),
    // Without a reference the judge alone decides, and nobody knows what would pass.
    ...(references.length >= 2 && {
      oracle: ({ format }) => ({
        replies:
          variant === "chat"
            ? references
            : references.map((reference) => oracleAnswer(format, reference)),
      }),
    }),
  };
}

/** Asks both questions of a task, the way of its variant, and has the answers judged. */
async function* playMtBench(
  { task, prompts, judge, ask }: MtBenchPlay,
  context: PlayContext,
): AsyncGenerator<AgentEvent, Ending, undefined> {
  const { signal, grading } = context;
  const asked = yield* ask(task.turns, {
    ...context,
    sampling: {
      temperature: temperatures[task.category] ?? 0,
      maxOutputTokens: 1024,
      ...context.sampling,
    },
  });
  if (asked.fault !== undefined) return { ...asked, ...asked.fault };
  const judged = await judgeAnswers(task, asked.replies, { prompts, judge, grading, signal });
  return {
    ...asked,
    answer: asked.replies.join("\n\n"),
    ...judged,
    usage: addUsage(asked.usage, judged.usage),
  };
}

type Ask = (
  questions: readonly string[],
  context: PlayContext,
) => AsyncGenerator<AgentEvent, Asked, undefined>;

interface MtBenchPlay {
  readonly task: MtBenchTask;
  readonly prompts: readonly JudgePrompt[];
  readonly judge: Model;
  readonly ask: Ask;
}

const asks: Readonly<Record<Variant, Ask>> = {
  chat: (questions, context) => askModel({ ...context, questions }),
  async *agent(questions, context) {
    const session = await context.openSession();
    await using agent = createTaskAgent({ runsPython: true }, session, context);
    return yield* askAgent(agent, questions, context.signal);
  },
};
