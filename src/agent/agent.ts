import { CodeActError } from "../errors.ts";
import type { OpenOptions, Runtime } from "../execution/runtime.ts";
import { allowedHosts } from "../execution/network/network.ts";
import type { ExecuteOptions, Session } from "../execution/session.ts";
import { defaultFormat } from "../formats/choose-format.ts";
import type { ActionFormat, EnvironmentDescription } from "../formats/format.ts";
import { textMessage } from "../models/model.ts";
import type { Message, Model } from "../models/model.ts";
import type { ApprovalPolicy } from "../tools/approval-policy.ts";
import type { OnApproval } from "../tools/approvals.ts";
import type { Tool } from "../tools/tool.ts";
import { runLoop } from "./agent-loop.ts";
import { createAgentTools, type AgentTools } from "./agent-tools.ts";
import { createAnswerReader } from "./answer-rules.ts";
import type { AnswerRules } from "./answer-rules.ts";
import type { SubTask } from "./calls/agent-call.ts";
import { createCallScope } from "./calls/call-scope.ts";
import { createCallTools } from "./calls/calls.ts";
import type { CallsSettings } from "./calls/calls.ts";
import { budgetInstructions, checkBudget } from "./budget.ts";
import type { Budget } from "./budget.ts";
import { createCompactor } from "./compaction.ts";
import type { CompactionOptions } from "./compaction.ts";
import { createEventLog } from "./event-log.ts";
import type { AgentEvent, RunResult } from "./events.ts";
import { appendUser, lostSessionNotice, textPart } from "./history.ts";
import type { Task } from "./history.ts";
import type { Sampling } from "./stream-reply.ts";
import { createRunTelemetry } from "./telemetry.ts";
import type { TelemetryOptions } from "./telemetry.ts";
import type { TurnRecords } from "./turn-records.ts";

/** A conversation: one model, one live interpreter, any number of tasks after one another. */
export interface Agent extends AsyncDisposable {
  /**
   * Starts to work on a task at once; the run goes on whether or not anybody reads its events.
   * Throws `session_busy` while another run is going on and `session_closed` after `close`.
   */
  run<Value = unknown>(task: string | Task, options?: RunOptions<Value>): AgentRun<Value>;
  /** The conversation so far, the system message first. */
  readonly messages: readonly Message[];
  /** The interpreter; an agent that opens its own has none before its first run. */
  readonly session: Session | undefined;
  /**
   * Makes another agent with this one's conversation, variables and files, as they are now; they share nothing from
   * then on. Whoever forks closes it. Rejects with `session_busy` while a run is going on, and with `not_supported`
   * where the runtime can't fork.
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

/** What is to be different in a fork. */
export type ForkChanges = Partial<Pick<AgentSettings, "model" | "sampling" | "budget">>;

export interface RunOptions<Value = unknown> {
  /** What the answer must be; what it holds is then `value` of the result. */
  readonly answer?: AnswerRules<Value>;
  /** Limits of this run; what is left out is the agent's. */
  readonly budget?: Budget;
  /** Ends the run as `aborted`, at any moment; a running cell is interrupted. */
  readonly signal?: AbortSignal;
}

/** One run. Each reader gets all events, from the first; to stop a run, fire its signal. */
export interface AgentRun<Value = unknown> extends AsyncIterable<AgentEvent> {
  /** How the run ended. Never rejects: faults are results of status `failed`. */
  readonly result: Promise<RunResult<Value>>;
}

export type AgentOptions = AgentSettings &
  (
    | {
        /** Opens the agent's interpreter on its first run; the agent closes it. */
        readonly runtime: Runtime;
        readonly limits?: OpenOptions["limits"];
        /** Hosts that code may reach; the model is told of them. Default: no network. */
        readonly network?: OpenOptions["network"];
        readonly session?: never;
      }
    | {
        /** The interpreter to use; whoever passes it closes it. */
        readonly session: Session;
        readonly runtime?: never;
        readonly limits?: never;
        readonly network?: never;
      }
  );

export interface AgentSettings {
  readonly model: Model;
  /** How the model writes its actions. Default: Python, as tool calls where the model takes them, else as text. */
  readonly format?: ActionFormat;
  /** Functions of this process that code can call. Default: none. */
  readonly tools?: readonly Tool[];
  /** Docstrings of the Python modules that hold tools, by name. */
  readonly toolModules?: Readonly<Record<string, string>>;
  /** Which calls of tools run, are refused, or wait for `onApproval`. Default: what the tools themselves say. */
  readonly approvals?: ApprovalPolicy;
  /** Decides about calls that wait for a person. Without it they are refused. */
  readonly onApproval?: OnApproval;
  /** Time after which a call that nobody has approved is refused. Default: 10 minutes. */
  readonly approvalTimeoutMs?: number;
  /** Lets code ask the model (`llm`) and give tasks to agents of its own (`agent`). Default: neither. */
  readonly calls?: CallsSettings;
  /** Calls of tools in one run. Default: no limit but the session's own for each cell. */
  readonly maxToolCalls?: number;
  /** Added to the system message, after the format's own instructions. */
  readonly instructions?: string;
  /** What the model is told of the interpreter. Files of the workspace are added to it. */
  readonly environment?: EnvironmentDescription;
  /** What one run may use. Default: 20 turns. */
  readonly budget?: Budget;
  /** Short for `budget.turns`. */
  readonly maxTurns?: number;
  /** The model takes stock in turn 1 and in every turn that is this many after it. Default: never. */
  readonly planningInterval?: number;
  /** How old turns give way to a summary when the model's context fills up; false: never. */
  readonly compaction?: CompactionOptions | false;
  /** Characters of one cell's output that reach the model. Default: 10,000. */
  readonly maxOutputCharacters?: number;
  /** Wall time of one cell. Default: the session's. */
  readonly timeoutMs?: number;
  /** Temperature and length of replies. Default: the model's. */
  readonly sampling?: Sampling;
  /** Records runs as spans of OpenTelemetry. Default: off. */
  readonly telemetry?: TelemetryOptions;
  /** A conversation to go on with. Without a system message at its start one is made. Default: none. */
  readonly messages?: readonly Message[];
  /** Answers `input()` of the code. Default: nobody does. */
  readonly onInput?: ExecuteOptions["onInput"];
}

/** What an agent starts with, beside its options. */
interface AgentStart {
  readonly session: Session | undefined;
  /** Whether the agent ends its interpreter. */
  readonly owned: boolean;
  readonly records: TurnRecords;
}

/** Hands a conversation over to another agent. */
const releases = new WeakMap<Agent, () => { session: Session | undefined; messages: Message[] }>();

/** Makes an agent. Nothing is started before its first run. */
export function createAgent(options: AgentOptions): Agent {
  const { session } = options;
  return startAgent(options, { session, owned: session === undefined, records: new WeakMap() });
}

function startAgent(options: AgentOptions, start: AgentStart): Agent {
  const { tools: _listed, calls: _calls, ...settings } = options;
  const { model, runtime } = options;
  const format = options.format ?? defaultFormat(model.capabilities);
  const budget = { turns: options.maxTurns ?? 20, ...options.budget };
  checkBudget(budget, model);
  const compactor = options.compaction === false ? undefined : createCompactor(options.compaction);
  const { records } = start;
  const tools = agentTools(options);
  const environment = {
    ...(options.network && { network: allowedHosts(options.network) }),
    ...options.environment,
    ...(tools && { functions: [...(options.environment?.functions ?? []), ...tools.functions] }),
  };
  const messages: Message[] = [...(options.messages ?? [])];
  const closing = new AbortController();
  let { session, owned } = start;
  let equipped: Session | undefined;
  let active: Promise<RunResult> | undefined;

  async function openSession(signal?: AbortSignal): Promise<Session> {
    if (session === undefined) {
      // The types promise one of the two.
      session = await (runtime as Runtime).open({
        ...(options.limits && { limits: options.limits }),
        ...(options.network && { network: options.network }),
        ...(signal && { signal }),
      });
    }
    if (tools !== undefined && equipped !== session) {
      await tools.provide(session);
      equipped = session;
    }
    if (messages[0]?.role !== "system") messages.unshift(await systemMessage(session));
    return session;
  }

  async function systemMessage(opened: Session): Promise<Message> {
    // Only a help for the model: a session that is gone is told by its first cell.
    const listed = await opened.files?.list().catch(() => undefined);
    const files = listed?.map((file) => file.path);
    const parts = [
      format.instructions({ ...environment, ...(files && { files }) }),
      budgetInstructions(budget),
      options.instructions,
    ];
    return textMessage("system", parts.filter((part) => part !== undefined).join("\n\n"));
  }

  /** A dead interpreter of our own is replaced on the next run, and the model is told. */
  async function dropDeadSession(result: RunResult): Promise<void> {
    const isDead = ["session_closed", "backend_lost", "protocol_violation"].some(
      (code) => result.error?.code === code,
    );
    if (!isDead || runtime === undefined || session === undefined || closing.signal.aborted) return;
    const dead = session;
    session = undefined;
    appendUser(messages, [textPart(lostSessionNotice)]);
    await dead.close().catch(() => {});
  }

  function run<Value>(task: string | Task, runOptions: RunOptions<Value> = {}): AgentRun<Value> {
    const { signal } = runOptions;
    checkIdle();
    const runBudget = { ...budget, ...runOptions.budget };
    checkBudget(runBudget, model);
    const answers = createAnswerReader(runOptions.answer as AnswerRules | undefined);
    const log = createEventLog<AgentEvent>();
    const telemetry = options.telemetry && createRunTelemetry(options.telemetry, model);
    const loop = runLoop({
      ...settings,
      ...(tools && { tools }),
      model: telemetry?.model ?? model,
      format,
      environment,
      messages,
      openSession,
      records,
      budget: runBudget,
      answers,
      ...(compactor && { compactor }),
      maxOutputCharacters: options.maxOutputCharacters ?? 10_000,
      task: typeof task === "string" ? { text: task } : task,
      signal: signal ? AbortSignal.any([signal, closing.signal]) : closing.signal,
    });
    const result = pump(telemetry?.watch(loop) ?? loop, log, async (ended) => {
      await dropDeadSession(ended);
      active = undefined;
    });
    active = result;
    return {
      result: result as Promise<RunResult<Value>>,
      [Symbol.asyncIterator]: () => log[Symbol.asyncIterator](),
    };
  }

  function checkIdle(): void {
    if (closing.signal.aborted) {
      throw new CodeActError("session_closed", "The agent was closed and takes no more tasks.");
    }
    if (active !== undefined) {
      throw new CodeActError("session_busy", "The agent is working on another task.", {
        hint: "Wait for the result of the run before you start the next one.",
      });
    }
  }

  async function fork(changes: ForkChanges = {}): Promise<Agent> {
    checkIdle();
    const opened = await openSession();
    if (opened.fork === undefined) {
      throw new CodeActError("not_supported", "The interpreter of this agent can't be forked.", {
        hint: "Use the sandbox runtime.",
      });
    }
    const sampling = { ...options.sampling, ...changes.sampling };
    const branch = { ...options, ...changes, sampling, messages: [...messages] };
    return startAgent(branch, { session: await opened.fork(), owned: true, records });
  }

  async function adopt(other: Agent): Promise<void> {
    checkIdle();
    const taken = releases.get(other)?.();
    if (taken === undefined) {
      throw new CodeActError("invalid_input", "Only a fork of an agent can be adopted, and once.");
    }
    const former = owned ? session : undefined;
    ({ session } = taken);
    owned = true;
    messages.splice(0, Infinity, ...taken.messages);
    await former?.close();
  }

  /** Gives the conversation away; the agent is closed then, its interpreter is not. */
  function release(): { session: Session | undefined; messages: Message[] } {
    checkIdle();
    closing.abort();
    releases.delete(agent);
    const given = { session, messages };
    session = undefined;
    return given;
  }

  async function close(): Promise<void> {
    closing.abort();
    await active;
    if (owned) await session?.close();
  }

  const agent: Agent = {
    run,
    get messages() {
      return messages;
    },
    get session() {
      return session;
    },
    fork,
    adopt,
    close,
    [Symbol.asyncDispose]: close,
  };
  if (start.owned && start.session !== undefined) releases.set(agent, release);
  return agent;
}

function agentTools(options: AgentOptions): AgentTools | undefined {
  const { toolModules, maxToolCalls, approvals, onApproval, approvalTimeoutMs } = options;
  const scope = createCallScope();
  const back = options.calls && {
    calls: options.calls,
    model: options.model,
    scope,
    ...(options.runtime && { runtime: options.runtime }),
    work: async (task: SubTask) => await workOn(task, options),
  };
  const tools = [...(options.tools ?? []), ...(back ? createCallTools(back) : [])];
  if (tools.length === 0) return undefined;
  return createAgentTools({
    tools,
    scope,
    ...(toolModules && { modules: toolModules }),
    ...(maxToolCalls !== undefined && { maxCalls: maxToolCalls }),
    approvals: {
      ...(approvals && { policy: approvals }),
      ...(onApproval && { onApproval }),
      ...(approvalTimeoutMs !== undefined && { timeoutMs: approvalTimeoutMs }),
    },
  });
}

/** Has a sub-agent work: it is like its parent, but starts from nothing and has no sub-agents of its own. */
async function workOn(task: SubTask, parent: AgentOptions): Promise<RunResult> {
  const { session, budget, signal, answer } = task;
  const { runtime: _runtime, limits: _limits, network: _network, ...shared } = parent;
  const { session: _session, messages: _messages, calls, ...settings } = shared;
  await using agent = createAgent({
    ...settings,
    session,
    budget,
    ...(calls?.llm !== undefined && { calls: { llm: calls.llm } }),
  });
  return await agent.run(task.task, { signal, ...(answer && { answer }) }).result;
}

/** Drives the loop to its end; the last event is given out once the agent is ready for the next run. */
async function pump(
  loop: AsyncGenerator<AgentEvent, RunResult>,
  log: ReturnType<typeof createEventLog<AgentEvent>>,
  beforeEnd: (result: RunResult) => Promise<void>,
): Promise<RunResult> {
  for (;;) {
    const step = await loop.next();
    if (step.done === true) {
      log.end();
      return step.value;
    }
    if (step.value.type === "run-end") await beforeEnd(step.value.result);
    log.push(step.value);
  }
}
