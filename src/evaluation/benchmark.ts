import type { AgentEvent, RunResult } from "../agent/events.ts";
import type { Sampling } from "../agent/stream-reply.ts";
import type { CodeActError } from "../errors.ts";
import type { OpenOptions } from "../execution/runtime.ts";
import type { Session } from "../execution/session.ts";
import type { EnvironmentDescription } from "../formats/format.ts";
import type { Message, Model, Usage } from "../models/model.ts";
import type { Oracle } from "./oracle.ts";

/** How answers are judged: `faithful` reproduces published numbers, quirks included; `corrected` repairs them. */
export type Grading = "faithful" | "corrected";

/** How the model writes its actions. */
export type FormatName = "code" | "json" | "text";

/** What a model reads of an exception: Python's own traceback, or the kernel's, made for models. */
export type Feedback = "plain" | "enriched";

/** Tasks of one kind, with the way in which they are played and judged. */
export interface Benchmark {
  /** As it is typed, such as `gsm8k`; also the folder of its data. */
  readonly name: string;
  /** One sentence for people. */
  readonly description: string;
  /** The formats it can be played in; the first is the default. */
  readonly formats: readonly FormatName[];
  /** Where its data come from, for `codeact eval fetch`. */
  readonly sources?: readonly DataSource[];
  /** Reads the tasks, in an order that never changes. Rejects with `file_not_found` or `invalid_input`. */
  load(options: LoadOptions): Promise<readonly BenchmarkTask[]>;
}

/** A public file with data of a benchmark. */
export interface DataSource {
  readonly url: string;
  /** Where it is kept, below the folder of all data, such as `gsm8k/test.jsonl`. */
  readonly path: string;
  /** SHA-256 of the file in hexadecimal digits, where its publisher never changes it. */
  readonly sha256?: string;
  /** Turns what was downloaded into the files that are kept, by their paths below the folder of all data. */
  unpack?(bytes: Uint8Array, context: UnpackContext): Promise<ReadonlyMap<string, Uint8Array>>;
}

/** What unpacking may use. */
export interface UnpackContext {
  /** Opens a session, for data that are released as code; whoever fetches closes it. */
  openSession(): Promise<Session>;
}

export interface LoadOptions {
  /** The folder with the data of all benchmarks; each has a folder of its own name in it. */
  readonly data: string;
  /** Receives a record that is malformed, which is then left out; without it such a record is a fault. */
  readonly onMalformed?: (fault: CodeActError) => void;
  /** Variant of the benchmark, where it has some, such as `completion` of `humaneval`. */
  readonly variant?: string;
  /** The model that judges answers, for benchmarks that need one. */
  readonly judge?: Model;
}

/** One task. It holds nothing of a run: the same task may be played many times at once. */
export interface BenchmarkTask {
  /** Unique in its benchmark, the same for ever. */
  readonly id: string;
  /** The part of the benchmark that it belongs to, for tables. */
  readonly group?: string;
  /** The formats it can be played in, where its benchmark has more; a task without actions has but the first. */
  readonly formats?: readonly FormatName[];
  /**
   * Plays the task to its end and judges what came of it. What it throws counts as a fault of the
   * infrastructure, unless it is a `CodeActError` of the model.
   */
  play(context: PlayContext): AsyncGenerator<AgentEvent, Ending, undefined>;
  /** Why no answer can be right, through a fault of the data. Corrected grading leaves the task out and says so. */
  readonly fault?: string;
  /** A scripted model that solves the task, or the reason why no answer passes. */
  oracle?(options: OracleOptions): Oracle;
}

export interface OracleOptions {
  readonly format: FormatName;
  readonly grading: Grading;
}

/** What the runner gives to a task that is played. */
export interface PlayContext extends GradeContext {
  readonly model: Model;
  readonly format: FormatName;
  readonly feedback: Feedback;
  /** What the person who runs the evaluation asked for; otherwise the benchmark decides. */
  readonly sampling: Sampling;
  readonly maxTurns?: number;
  /** What the model may be told of the interpreter. */
  readonly environment: EnvironmentDescription;
}

/** What judging needs. */
export interface GradeContext {
  readonly grading: Grading;
  /** Fires when the task has taken too long or the run is interrupted. */
  readonly signal: AbortSignal;
  /** Opens a session with a fixed seed of random numbers; the runner closes it when the task is over. */
  openSession(limits?: OpenOptions["limits"]): Promise<Session>;
}

/** What an answer is worth. */
export interface Grade {
  readonly success: boolean;
  /** For benchmarks whose tasks are not simply right or wrong. Default: 1 for success, else 0. */
  readonly score?: number;
  /** Why, for people who read the trajectory. */
  readonly reason?: string;
}

/** How a task ended. */
export interface Ending extends Partial<Grade> {
  /** `answered` with or without success; the others as in a run of the agent. */
  readonly status: RunResult["status"];
  readonly answer?: string;
  readonly error?: CodeActError;
  /** Replies of the model. */
  readonly turns: number;
  readonly usage: Usage;
  /** The whole conversation, as the model last read it and with its last reply. */
  readonly messages: readonly Message[];
}
