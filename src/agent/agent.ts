import { CodeActError } from "../errors.ts";
import { allowedHosts } from "../execution/network/network.ts";
import type { Session } from "../execution/session.ts";
import { defaultFormat } from "../formats/choose-format.ts";
import type { Message } from "../models/model.ts";
import { runLoop } from "./agent-loop.ts";
import type { AgentOptions, AgentSettings } from "./agent-options.ts";
import { createAgentSession } from "./agent-session.ts";
import { createAnswerReader } from "./answer-rules.ts";
import type { AnswerReader, AnswerRules } from "./answer-rules.ts";
import type { SubTask } from "./calls/agent-call.ts";
import { budgetInstructions, checkBudget } from "./budget.ts";
import type { Budget } from "./budget.ts";
import { checkSettings } from "./check-settings.ts";
import { createCompactor } from "./compaction.ts";
import { createEventLog } from "./event-log.ts";
import type { AgentEvent, RunResult } from "./events.ts";
import type { Task } from "./history.ts";
import { pumpEvents } from "./pump-events.ts";
import { copyProgress, createRunProgress } from "./run-progress.ts";
import type { RunProgress } from "./run-progress.ts";
import { createRunTelemetry } from "./telemetry.ts";
import { toolsFor } from "./tools-for.ts";
import type { TurnRecords } from "./turn-records.ts";

/** A conversation: one model, one live interpreter, any number of tasks after one another. */
export interface Agent extends AsyncDisposable {
  /**
   * Starts to work on a task at once; the run goes on whether or not anybody reads its events.
   * Throws `session_busy` while another run is going on and `session_closed` after `close`.
   */
  run<Value = unknown>(task: string | Task, options?: RunOptions<Value>): AgentRun<Value>;
  /**
   * Goes on with the last run, which came to no accepted answer: it was paused or aborted, has failed, or has used up
   * its budget. It is the same run: its turns and its budget go on counting, and its answer must be what was asked for.
   * Throws as `run` does, and `invalid_input` where there is nothing to go on with.
   */
  resume<Value = unknown>(options?: ResumeOptions): AgentRun<Value>;
  /** The conversation so far, the system message first. */
  readonly messages: readonly Message[];
  /** The interpreter; an agent that opens its own has none before its first run. */
  readonly session: Session | undefined;
  /**
   * Makes another agent with this one's conversation, variables and files, as they are now; they share nothing from
   * then on. Whoever forks closes it. Several may be made at a time, but no run started meanwhile. Rejects with
   * `session_busy` while a run is going on, and with `not_supported` where the runtime can't fork.
   */
  fork(changes?: ForkChanges): Promise<Agent>;
  /**
   * Takes over the conversation, the variables and the files of a fork, which is of no use afterwards. The interpreter
   * that was this agent's own until then is ended.
   */
  adopt(fork: Agent): Promise<void>;
  /** Aborts the run that is going on and ends the interpreter, unless it was passed in. */
  close(): Promise<void>;
}

/** What is to be different in a fork, also when it resumes the run. */
export type ForkChanges = Partial<Pick<AgentSettings, "model" | "sampling" | "budget">>;

export interface RunOptions<Value = unknown> {
  /** What the answer must be; what it holds is then `value` of the result. */
  readonly answer?: AnswerRules<Value>;
  /** Limits of this run; what is left out is the agent's. */
  readonly budget?: Budget;
  /**
   * Ends the run as `paused` when it has had so many turns, counted from its beginning, and no answer, so that
   * `resume` goes on. A budget that is used up by then ends it as `budget`. Default: never.
   */
  readonly pauseAfterTurns?: number;
  /** Ends the run as `aborted`, at any moment; a running cell is interrupted. */
  readonly signal?: AbortSignal;
}

/** How a run goes on. Limits and turns count from the run's beginning. */
export type ResumeOptions = Omit<RunOptions, "answer">;

/** One run. Each reader gets all events, from the first; to stop a run, fire its signal. */
export interface AgentRun<Value = unknown> extends AsyncIterable<AgentEvent> {
  /** How the run ended. Never rejects: faults are results of status `failed`. */
  readonly result: Promise<RunResult<Value>>;
}

/** What an agent starts with, beside its options. */
interface AgentStart {
  readonly session: Session | undefined;
  /** Whether the agent ends its interpreter. */
  readonly owned: boolean;
  readonly records: TurnRecords;
  /** A run to go on with. */
  readonly unfinished?: UnfinishedRun | undefined;
}

/** What is kept of a run that has not come to an accepted answer. */
interface UnfinishedRun {
  readonly task: Task;
  readonly answers: AnswerReader;
  readonly budget: Budget;
  readonly progress: RunProgress;
}

/** Hands a conversation over to another agent. */
const releases = new WeakMap<Agent, () => Released>();

interface Released {
  readonly session: Session | undefined;
  readonly messages: readonly Message[];
  readonly unfinished: UnfinishedRun | undefined;
}

/** Makes an agent. Nothing is started before its first run. */
export function createAgent(options: AgentOptions): Agent {
  const { session } = options;
  return startAgent(options, { session, owned: session === undefined, records: new WeakMap() });
}

function startAgent(options: AgentOptions, start: AgentStart): Agent {
  const { tools: _listed, calls: _calls, ...settings } = options;
  const { model } = options;
  const format = options.format ?? defaultFormat(model.capabilities);
  const budget = { turns: options.maxTurns ?? 20, ...options.budget };
  checkBudget(budget, model);
  checkSettings(options);
  const compactor = options.compaction === false ? undefined : createCompactor(options.compaction);
  const { records } = start;
  const tools = toolsFor(options, (task) => workOn(task, options));
  const environment = {
    ...(options.network && { network: allowedHosts(options.network) }),
    ...options.environment,
    ...(tools && { functions: [...(options.environment?.functions ?? []), ...tools.functions] }),
  };
  const messages: Message[] = [...(options.messages ?? [])];
  const closing = new AbortController();
  let { unfinished } = start;
  let active: Promise<RunResult> | undefined;
  const forking = new Set<Promise<Agent>>();
  const session = createAgentSession({
    session: start.session,
    owned: start.owned,
    agent: options,
    tools,
    messages,
    instruct: (files) =>
      [
        format.instructions({ ...environment, ...(files && { files }) }),
        budgetInstructions(budget),
        options.instructions,
      ]
        .filter((part) => part !== undefined)
        .join("\n\n"),
  });

  function run<Value>(task: string | Task, runOptions: RunOptions<Value> = {}): AgentRun<Value> {
    checkFree();
    const work = {
      task: typeof task === "string" ? { text: task } : task,
      answers: createAnswerReader(runOptions.answer as AnswerRules | undefined),
      budget: { ...budget, ...runOptions.budget },
      progress: createRunProgress(),
    };
    return begin(work, runOptions);
  }

  function resume<Value>(resumeOptions: ResumeOptions = {}): AgentRun<Value> {
    checkFree();
    if (unfinished === undefined) {
      throw new CodeActError("invalid_input", "There is no run to go on with.", {
        hint: "Give the agent a task with run; resume goes on with one that has no accepted answer.",
      });
    }
    const limits = { ...unfinished.budget, ...resumeOptions.budget };
    const work = { ...unfinished, budget: limits, progress: copyProgress(unfinished.progress) };
    return begin(work, resumeOptions);
  }

  function begin<Value>(
    work: UnfinishedRun,
    { signal, pauseAfterTurns }: ResumeOptions,
  ): AgentRun<Value> {
    checkBudget(work.budget, model);
    checkPause(pauseAfterTurns, work.progress.turns);
    const log = createEventLog<AgentEvent>();
    const telemetry = options.telemetry && createRunTelemetry(options.telemetry, model);
    const loop = runLoop({
      ...settings,
      ...work,
      ...(pauseAfterTurns !== undefined && { pauseAfterTurns }),
      ...(tools && { tools }),
      model: telemetry?.model ?? model,
      format,
      environment,
      messages,
      openSession: session.open,
      records,
      ...(compactor && { compactor }),
      maxOutputCharacters: options.maxOutputCharacters ?? 10_000,
      signal: signal ? AbortSignal.any([signal, closing.signal]) : closing.signal,
    });
    const result = pumpEvents(telemetry?.watch(loop) ?? loop, log, async (ended) => {
      if (!closing.signal.aborted) await session.dropDead(ended);
      unfinished = ended.status === "answered" ? undefined : work;
      active = undefined;
    });
    active = result;
    return {
      result: result as Promise<RunResult<Value>>,
      [Symbol.asyncIterator]: () => log[Symbol.asyncIterator](),
    };
  }

  function checkIdle(): void {
    if (closing.signal.aborted) throw closedAgent();
    if (active !== undefined) {
      throw new CodeActError("session_busy", "The agent is working on another task.", {
        hint: "Wait for the result of the run before you start the next one.",
      });
    }
  }

  function checkFree(): void {
    checkIdle();
    if (forking.size > 0) {
      throw new CodeActError("session_busy", "The agent is being forked.", {
        hint: "Wait for the fork before you start the next run.",
      });
    }
  }

  function fork(changes: ForkChanges = {}): Promise<Agent> {
    const made = makeFork(changes);
    forking.add(made);
    const end = (): void => void forking.delete(made);
    made.then(end, end);
    return made;
  }

  async function makeFork(changes: ForkChanges): Promise<Agent> {
    checkIdle();
    const opened = await session.open(closing.signal);
    if (opened.fork === undefined) {
      throw new CodeActError("not_supported", "The interpreter of this agent can't be forked.", {
        hint: "Use the sandbox runtime.",
      });
    }
    const sampling = { ...options.sampling, ...changes.sampling };
    const branch = { ...options, ...changes, sampling, messages: [...messages] };
    const copy = await opened.fork();
    if (closing.signal.aborted) {
      await copy.close();
      throw closedAgent();
    }
    const left = unfinished && {
      ...unfinished,
      budget: { ...unfinished.budget, ...changes.budget },
    };
    return startAgent(branch, { session: copy, owned: true, records, unfinished: left });
  }

  async function adopt(other: Agent): Promise<void> {
    checkFree();
    const taken = releases.get(other)?.();
    if (taken === undefined) {
      throw new CodeActError("invalid_input", "Only a fork of an agent can be adopted, and once.");
    }
    ({ unfinished } = taken);
    messages.splice(0, Infinity, ...taken.messages);
    await session.replace(taken.session);
  }

  /** Gives the conversation away; the agent is closed then, its interpreter is not. */
  function release(): Released {
    checkFree();
    closing.abort();
    releases.delete(agent);
    return { session: session.give(), messages, unfinished };
  }

  async function close(): Promise<void> {
    closing.abort();
    await active;
    await Promise.allSettled(forking);
    await session.close();
  }

  const agent: Agent = {
    run,
    resume,
    get messages() {
      return messages;
    },
    get session() {
      return session.current;
    },
    fork,
    adopt,
    close,
    [Symbol.asyncDispose]: close,
  };
  if (start.owned && start.session !== undefined) releases.set(agent, release);
  return agent;
}

function checkPause(pauseAfterTurns = Infinity, turns: number): void {
  if (pauseAfterTurns > turns) return;
  throw new CodeActError(
    "invalid_input",
    `The run can't pause after turn ${pauseAfterTurns}: it has had ${turns} already.`,
    { hint: `pauseAfterTurns counts from the run's beginning: give ${turns + 1} or more.` },
  );
}

function closedAgent(): CodeActError {
  return new CodeActError("session_closed", "The agent was closed and takes no more tasks.");
}

/** Has a sub-agent work: it is like its parent, but starts from nothing and has no sub-agents of its own. */
async function workOn(task: SubTask, parent: AgentOptions): Promise<RunResult> {
  const { session, budget, signal, answer, onCell } = task;
  const { runtime: _runtime, limits: _limits, network: _network, ...shared } = parent;
  const { session: _session, messages: _messages, calls, ...settings } = shared;
  await using agent = createAgent({
    ...settings,
    session,
    budget,
    ...(calls?.llm !== undefined && { calls: { llm: calls.llm } }),
  });
  const run = agent.run(task.task, { signal, ...(answer && { answer }) });
  for await (const event of run) if (event.type === "cell-start") onCell();
  return await run.result;
}
