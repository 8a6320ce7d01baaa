import { CodeActError } from "../errors.ts";
import type { ErrorCode } from "../errors.ts";

/** Faults that the next task would meet as well: one is enough. */
const lasting: ReadonlySet<ErrorCode> = new Set([
  "model_not_configured",
  "model_auth_failed",
  "model_not_found",
  "python_not_found",
  "sandbox_unavailable",
]);

/** Faults that may pass. */
const passing: ReadonlySet<ErrorCode> = new Set([
  "model_unreachable",
  "model_rate_limited",
  "model_timeout",
  "model_failed",
  "environment_failed",
  "backend_lost",
]);

const enough = 6;

/** Notices when it makes no sense to go on: the model's service answers nothing, or no session opens, any more. */
export interface OutageWatch {
  /** Is told of every attempt at a task, in order, and its replies; returns why to stop, if there is a reason. */
  observe(error: CodeActError | undefined, replies: number): CodeActError | undefined;
}

/**
 * Creates a watch: a fault that lasts is reason enough, and so is a service that can't be reached from the start;
 * others when there were six of them in a row.
 */
export function createOutageWatch(): OutageWatch {
  let inARow = 0;
  let hasAnswered = false;
  return {
    observe(error, replies) {
      const isOutage =
        error !== undefined &&
        error.details["reason"] !== "content-filter" &&
        (lasting.has(error.code) || passing.has(error.code));
      inARow = isOutage ? inARow + 1 : 0;
      hasAnswered ||= replies > 0 || error?.code !== "model_unreachable";
      if (!isOutage) return undefined;
      if (hasAnswered && inARow < enough && !lasting.has(error.code)) return undefined;
      const hint = error.hint === undefined ? "" : `${error.hint} `;
      return new CodeActError(error.code, `The evaluation was stopped: ${error.message}`, {
        hint: `${hint}What is done is kept, and the same command goes on from there.`,
        cause: error,
      });
    },
  };
}
