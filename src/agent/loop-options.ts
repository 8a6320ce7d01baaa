import type { ExecuteOptions, Session } from "../execution/session.ts";
import type { ActionFormat, EnvironmentDescription } from "../formats/format.ts";
import type { Message, Model } from "../models/model.ts";
import type { AgentTools } from "./agent-tools.ts";
import type { AnswerReader } from "./answer-rules.ts";
import type { Budget } from "./budget.ts";
import type { Compactor } from "./compaction.ts";
import type { Task } from "./history.ts";
import type { RunProgress } from "./run-progress.ts";
import type { Sampling } from "./stream-reply.ts";
import type { TurnRecords } from "./turn-records.ts";

/** All that one run needs. */
export interface LoopOptions {
  readonly model: Model;
  readonly format: ActionFormat;
  readonly environment?: EnvironmentDescription;
  readonly tools?: AgentTools;
  readonly task: Task;
  /** The conversation so far, the system message first. The loop appends to it. */
  readonly messages: Message[];
  readonly records: TurnRecords;
  /** How far the run has come: a new run's is empty, a resumed one goes on from it. The loop keeps it up to date. */
  readonly progress: RunProgress;
  /** Turns, all in all, after which the run ends as `paused`. Default: never. */
  readonly pauseAfterTurns?: number;
  /** Called once, after `run-start`; what it throws ends the run as `failed`. */
  readonly openSession: (signal?: AbortSignal) => Promise<Session>;
  readonly budget: Budget;
  readonly answers: AnswerReader;
  /** Keeps the conversation within the model's context. */
  readonly compactor?: Compactor;
  /** The model takes stock in turn 1 and in every turn that is this many after it. Default: never. */
  readonly planningInterval?: number;
  readonly maxOutputCharacters: number;
  /** Wall time of one cell; default: the session's. */
  readonly timeoutMs?: number;
  readonly sampling?: Sampling;
  readonly onInput?: ExecuteOptions["onInput"];
  readonly signal?: AbortSignal;
  /** The time in milliseconds. Default: `Date.now`. */
  readonly now?: () => number;
}
