import { z } from "zod";
import type { OpenOptions, Runtime } from "../../execution/runtime.ts";
import type { Session } from "../../execution/session.ts";
import { tool, type Tool, type ToolContext } from "../../tools/tool.ts";
import type { AnswerRules } from "../answer-rules.ts";
import type { Budget } from "../budget.ts";
import type { RunResult } from "../events.ts";
import type { CallScope } from "./call-scope.ts";
import { createSlots } from "./slots.ts";

const maxFiles = 100;
/** Each sub-agent sets this part of what is left aside while it works. */
const share = 0.5;

/** A sub-agent's work. */
export interface SubTask {
  readonly task: string;
  readonly session: Session;
  readonly budget: Budget;
  readonly answer?: AnswerRules;
  readonly signal: AbortSignal;
  /** Told of each cell that the sub-agent runs. */
  readonly onCell: () => void;
}

export interface AgentCallOptions {
  /** Where sub-agents work: each gets a fresh session. */
  readonly runtime: Pick<Runtime, "open">;
  readonly limits?: OpenOptions["limits"];
  readonly scope: CallScope;
  /** Has a sub-agent work to its end. */
  readonly work: (task: SubTask) => Promise<RunResult>;
  /** Replies of the model that one sub-agent may have. Default: 10. */
  readonly maxTurns?: number;
  /** Sub-agents that work at a time; more wait. Default: 4. */
  readonly concurrency?: number;
}

/** Makes `agent(task, files=None, schema=None, max_turns=...)`: code gives a task to an agent of its own. */
export function createAgentTool(options: AgentCallOptions): Tool {
  const { runtime, limits, scope, work, maxTurns = 10 } = options;
  const slots = createSlots(options.concurrency ?? 4);
  const input = z.object({
    task: z
      .string()
      .min(1)
      .describe("What to do. All that the agent gets to know, with the files."),
    files: z
      .array(z.string())
      .max(maxFiles)
      .optional()
      .describe("Files of the current folder that are copied into the agent's."),
    schema: z
      .record(z.string(), z.unknown())
      .optional()
      .describe("JSON schema; the answer is then data that fits it."),
    max_turns: z.number().int().min(1).max(maxTurns).default(maxTurns),
  });
  type AgentInput = z.infer<typeof input>;

  async function delegate(asked: AgentInput, { signal }: ToolContext): Promise<unknown> {
    const { task, files = [], schema, max_turns: turns } = asked;
    const { release, ...reserved } = scope.reserve(share);
    const meter = scope.meter();
    let cells = 0;
    try {
      await using session = await runtime.open({ ...(limits && { limits }), signal });
      await Promise.all(files.map((path) => copyFile(path, scope.session, session)));
      const result = await work({
        task,
        session,
        signal,
        budget: { turns, ...reserved },
        onCell: () => (cells += 1),
        ...(schema && { answer: { schema } }),
      });
      meter.spend(result.usage);
      return answerOf(result, schema !== undefined);
    } finally {
      release();
      // Before that they are part of what was set aside.
      for (; cells > 0; cells--) meter.startCell();
    }
  }

  return tool<AgentInput, unknown>({
    name: "agent",
    description:
      "Gives a task to another agent, which works in an interpreter of its own, without the variables of this one, and returns its answer as text, or as data with a schema. For separate pieces of work that take several steps: run them in parallel.",
    input,
    async run(asked, context) {
      const resume = context.suspendDeadline?.();
      try {
        return await slots.run(() => delegate(asked, context), context.signal);
      } finally {
        resume?.();
      }
    },
  });
}

async function copyFile(path: string, from: Session, to: Session): Promise<void> {
  if (from.files === undefined || to.files === undefined) {
    throw new Error("files: this runtime has no files");
  }
  await to.files.write(path, await from.files.read(path));
}

function answerOf(result: RunResult, wantsValue: boolean): unknown {
  if (result.status === "failed") throw result.error ?? new Error("the agent failed");
  const hasAnswer = wantsValue ? "value" in result : result.answer !== undefined;
  if (hasAnswer) return wantsValue ? result.value : result.answer;
  const said = result.partialAnswer ?? result.answer;
  throw new Error(
    `the agent ended without an answer (${result.status})${said === undefined ? "" : `; it said: ${said}`}`,
  );
}
