import type { OpenOptions, Runtime } from "../execution/runtime.ts";
import type { ExecuteOptions, Session } from "../execution/session.ts";
import type { ActionFormat, EnvironmentDescription } from "../formats/format.ts";
import type { Message, Model } from "../models/model.ts";
import type { ApprovalPolicy } from "../tools/approval-policy.ts";
import type { OnApproval } from "../tools/approvals.ts";
import type { Tool } from "../tools/tool.ts";
import type { Budget } from "./budget.ts";
import type { CallsSettings } from "./calls/calls.ts";
import type { CompactionOptions } from "./compaction.ts";
import type { Sampling } from "./stream-reply.ts";
import type { TelemetryOptions } from "./telemetry.ts";

/** What an agent is made of; it needs a model, and a runtime or a session. */
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
