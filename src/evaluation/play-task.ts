import type { AgentEvent } from "../agent/events.ts";
import type { Sampling } from "../agent/stream-reply.ts";
import { CodeActError, isCodeActError } from "../errors.ts";
import type { Runtime } from "../execution/runtime.ts";
import type { Session } from "../execution/session.ts";
import type { EnvironmentDescription } from "../formats/format.ts";
import type { Model } from "../models/model.ts";
import type {
  BenchmarkTask,
  Ending,
  Feedback,
  FormatName,
  Grading,
  PlayContext,
} from "./benchmark.ts";
import { isKept } from "./trajectory.ts";
import { timerDelay } from "../timer-delay.ts";

export interface PlayOptions {
  readonly model: Model;
  readonly runtime: Runtime;
  readonly format: FormatName;
  readonly grading: Grading;
  readonly feedback: Feedback;
  readonly environment: EnvironmentDescription;
  readonly sampling: Sampling;
  readonly maxTurns?: number;
  readonly seed: number;
  /** Wall time of the whole task. */
  readonly taskTimeoutMs: number;
  readonly signal: AbortSignal;
}

export interface Played {
  readonly ending: Ending;
  readonly events: readonly AgentEvent[];
  readonly timedOut: boolean;
  readonly startedAt: Date;
  readonly wallMs: number;
}

/** Plays one task in sessions of its own and closes them. Throws only when the signal fires. */
export async function playTask(task: BenchmarkTask, options: PlayOptions): Promise<Played> {
  const { runtime, signal, taskTimeoutMs, seed } = options;
  const started = performance.now();
  const startedAt = new Date();
  const deadline = AbortSignal.timeout(timerDelay(taskTimeoutMs));
  const stop = AbortSignal.any([signal, deadline]);
  const sessions: Session[] = [];
  const events: AgentEvent[] = [];
  const context: PlayContext = {
    ...options,
    signal: stop,
    async openSession(limits) {
      const session = await runtime.open({ signal: stop, seed, ...(limits && { limits }) });
      sessions.push(session);
      return session;
    },
  };
  let ending: Ending;
  let timedOut = false;
  try {
    const play = task.play(context);
    for (;;) {
      const step = await play.next();
      if (step.done === true) {
        ending = step.value;
        break;
      }
      if (isKept(step.value)) events.push(step.value);
    }
  } catch (cause) {
    ending = faultEnding(cause, events);
  } finally {
    // Closing sessions takes time that is not the task's.
    timedOut = deadline.aborted;
    await Promise.all(sessions.map((session) => session.close().catch(() => undefined)));
  }
  signal.throwIfAborted();
  return {
    ending,
    events,
    timedOut: timedOut && ending.success !== true,
    startedAt,
    wallMs: performance.now() - started,
  };
}

function faultEnding(cause: unknown, events: readonly AgentEvent[]): Ending {
  const error = isCodeActError(cause)
    ? cause
    : new CodeActError("unexpected", `The task ended with a fault: ${String(cause)}`, { cause });
  const turns = events.findLast((event) => event.type === "turn-start")?.turn ?? 0;
  return {
    status: "failed",
    error,
    turns,
    usage: { inputTokens: 0, outputTokens: 0 },
    messages: [],
  };
}
