import type { Usage } from "../models/model.ts";
import { createStuckDetector } from "./stuck-detector.ts";
import type { StuckDetector } from "./stuck-detector.ts";

/** How far a run has come. The loop keeps it up to date; a run that is resumed goes on from it. */
export interface RunProgress {
  /** The task is in the conversation. */
  begun: boolean;
  turns: number;
  executions: number;
  toolCalls: number;
  usage: Usage;
  /** While the run was going on. */
  elapsedMs: number;
  /** Answers that were not accepted. */
  refusals: number;
  /** What is wrong with the answer that ended the run; the model learns it when the run goes on. */
  refusal: string | undefined;
  /** The model's last prose, in case that no answer comes. */
  prose: string;
  stuck: StuckDetector;
}

/** The same progress once more, for one of several ways to go on. */
export function copyProgress(progress: RunProgress): RunProgress {
  return { ...progress, stuck: progress.stuck.copy() };
}

/** The progress of a run that has not begun. */
export function createRunProgress(): RunProgress {
  return {
    begun: false,
    turns: 0,
    executions: 0,
    toolCalls: 0,
    usage: { inputTokens: 0, outputTokens: 0 },
    elapsedMs: 0,
    refusals: 0,
    refusal: undefined,
    prose: "",
    stuck: createStuckDetector(),
  };
}
