import type { AgentEvent } from "../agent/events.ts";
import type { CodeActError } from "../errors.ts";
import type { Message, Usage } from "../models/model.ts";
import type { Feedback, FormatName, Grading } from "./benchmark.ts";
import type { Provenance } from "./provenance.ts";
import type { Verdict } from "./verdict.ts";

/** What one task came to: a line of `results.jsonl`. */
export interface EvaluationResult {
  /** Names task, model and all settings; a result with this key is never computed again. */
  readonly key: string;
  readonly benchmark: string;
  readonly task: string;
  readonly group?: string;
  readonly model: string;
  readonly format: FormatName;
  readonly grading: Grading;
  readonly feedback: Feedback;
  /** Settings that differ from the benchmark's own, such as `temperature=0.2`. */
  readonly settings: string;
  /** Counts the tries at one task, from 0. */
  readonly sample: number;
  readonly verdict: Verdict;
  readonly success: boolean;
  /** 1 for success and 0 else, unless the benchmark has scores of its own. */
  readonly score: number;
  readonly answer?: string;
  /** Why it was judged so, where the benchmark says it. */
  readonly reason?: string;
  readonly turns: number;
  /** Replies that could not be read. */
  readonly malformed: number;
  /** Cells that ran, and those of them that raised, crashed or passed their deadline. */
  readonly cells: number;
  readonly failedCells: number;
  /** Of the failed cells, those whose code Python could not compile. Results that other programs wrote may lack it. */
  readonly syntaxErrors?: number;
  readonly usage: Usage;
  /** In dollars, where the model's prices are known. */
  readonly cost?: number;
  readonly wallMs: number;
  readonly error?: { readonly code: string; readonly message: string };
  /** Results that other programs wrote may lack it. */
  readonly provenance?: Provenance;
}

/** A line of `trajectories.jsonl`: the result with all that led to it. */
export interface Trajectory extends EvaluationResult {
  readonly messages: readonly Message[];
  /** All events of the play, but for the pieces in which text and code streamed. */
  readonly events: readonly AgentEvent[];
}

/** Drops what the messages say already: the pieces of streaming replies. */
export function isKept(event: AgentEvent): boolean {
  return event.type !== "text-delta" && event.type !== "code-delta";
}

/** A fault as plain data. */
export function plainFault(error: CodeActError): {
  readonly code: string;
  readonly message: string;
} {
  return { code: error.code, message: error.message };
}
