import { CodeActError } from "../errors.ts";
import type { Session } from "../execution/session.ts";

/** Runs a task's own code in its session. Throws `invalid_input` when that code fails: the task is at fault. */
export async function setUpSession(session: Session, code: string | undefined): Promise<void> {
  if (code === undefined) return;
  const outcome = await session.execute(code, { silent: true });
  if (outcome.status === "ok") return;
  throw new CodeActError(
    "invalid_input",
    `The code that sets up a task failed: ${outcome.error?.message ?? outcome.status}`,
    { details: { traceback: outcome.error?.traceback } },
  );
}
