import type { PlayOptions } from "../src/evaluation/play-task.ts";

/** What a task is played with in tests, where they ask for nothing else. */
export function playOptions(
  chosen: Pick<PlayOptions, "model" | "runtime"> & Partial<PlayOptions>,
): PlayOptions {
  return {
    format: "code",
    grading: "faithful",
    feedback: "plain",
    environment: {},
    sampling: {},
    seed: 0,
    taskTimeoutMs: 60_000,
    signal: new AbortController().signal,
    ...chosen,
  };
}
