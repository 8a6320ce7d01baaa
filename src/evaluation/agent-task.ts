import { createAgent, type Agent } from "../agent/agent.ts";
import type { AgentEvent } from "../agent/events.ts";
import type { Session } from "../execution/session.ts";
import type { FunctionDescription } from "../formats/format.ts";
import { actionFormat } from "./action-format.ts";
import type {
  BenchmarkTask,
  Ending,
  FormatName,
  Grade,
  GradeContext,
  PlayContext,
} from "./benchmark.ts";
import { setUpSession } from "./set-up-session.ts";

/** A task that the agent works on in its normal loop. */
export interface AgentTaskOptions extends Pick<BenchmarkTask, "id" | "group" | "oracle"> {
  /** What the agent is asked. */
  readonly prompt: string | ((format: FormatName) => string);
  /** Added to the system message. */
  readonly instructions?: string;
  /** Python that runs before the agent, for tools and variables. */
  readonly setup?: string;
  /** The functions that `setup` defines, as the model reads them; JSON and text actions call nothing else. */
  readonly functions?: readonly FunctionDescription[];
  /** Whether JSON and text actions may also run Python, as the argument of a function `run_python`. Default: false. */
  readonly runsPython?: boolean;
  /** Default: 10. */
  readonly maxTurns?: number;
  /** Judges the agent's answer; `session` is the agent's own, as it left it. */
  grade(
    answer: string,
    context: GradeContext & { readonly session: Session },
  ): boolean | Grade | Promise<boolean | Grade>;
}

/**
 * Makes a task that is played by the agent's normal loop, in any format and at temperature 0 unless another is asked
 * for, and judged once it has answered.
 */
export function agentTask(options: AgentTaskOptions): BenchmarkTask {
  return {
    id: options.id,
    ...(options.group !== undefined && { group: options.group }),
    ...(options.oracle && { oracle: options.oracle }),
    async *play(context): AsyncGenerator<AgentEvent, Ending, undefined> {
      const session = await context.openSession();
      await setUpSession(session, options.setup);
      await using agent = createTaskAgent(options, session, context);
      const { prompt } = options;
      const run = agent.run(typeof prompt === "string" ? prompt : prompt(context.format), {
        signal: context.signal,
      });
      yield* run;
      const { status, answer, error, turns, usage } = await run.result;
      const graded =
        answer === undefined
          ? { success: false }
          : await options.grade(answer, { ...context, session });
      return {
        status,
        turns,
        usage,
        messages: agent.messages,
        ...(answer !== undefined && { answer }),
        ...(error && { error }),
        ...(typeof graded === "boolean" ? { success: graded } : graded),
      };
    },
  };
}

/** Creates the agent that plays a task in its session. */
export function createTaskAgent(
  options: Pick<AgentTaskOptions, "functions" | "runsPython" | "maxTurns" | "instructions">,
  session: Session,
  { model, format, feedback, environment, maxTurns, sampling }: PlayContext,
): Agent {
  const { functions, runsPython = false, instructions } = options;
  return createAgent({
    model,
    session,
    format: actionFormat(format, feedback, { runsPython }),
    environment: { ...environment, ...(functions && { functions }) },
    maxTurns: maxTurns ?? options.maxTurns ?? 10,
    sampling: { temperature: 0, ...sampling },
    ...(instructions !== undefined && { instructions }),
  });
}
