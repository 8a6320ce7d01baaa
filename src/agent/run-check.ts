import { CodeActError } from "../errors.ts";
import type { Session } from "../execution/session.ts";
import type { RunResult } from "./events.ts";

const falsy = new Set(["False", "None", "0", "0.0", "''", "[]", "{}", "()", "set()"]);

/** Rejects with `invalid_input` when a check is no Python, before any model has worked for it. */
export async function refuseBrokenCheck(session: Session, check: string): Promise<void> {
  if (check.trimStart().startsWith("!")) return;
  const source = JSON.stringify(JSON.stringify(check));
  const code = `compile(__import__("json").loads(${source}), "check", "exec")`;
  const { error } = await session.execute(code, { silent: true });
  if (error?.name !== "SyntaxError" && error?.name !== "IndentationError") return;
  throw new CodeActError("invalid_input", `The check is not Python: ${error.message}: ${check}`, {
    hint: "Write an expression that is true for a right answer, such as answer > 0, or !command.",
  });
}

/**
 * Runs a check in a copy of a session, where `answer` is the answer: its data, or its text. It passes unless it raises
 * or its last value is false; `!command` passes when the command ends with 0. The signal interrupts it, and it does not
 * pass then. Rejects as `fork` does.
 */
export async function runCheck(
  session: Session,
  check: string,
  { answer, value }: Pick<RunResult, "answer" | "value">,
  signal?: AbortSignal,
): Promise<boolean> {
  if (session.fork === undefined) {
    throw new CodeActError("not_supported", "The check needs a copy of the interpreter.");
  }
  await using copy = await session.fork();
  const data = JSON.stringify(JSON.stringify(value ?? answer ?? null));
  await copy.execute(`answer = __import__("json").loads(${data})`, { silent: true });
  const code = check.trimStart().startsWith("!") ? `${check}\n_exit_code == 0` : check;
  const outcome = await copy.execute(code, { ...(signal && { signal }) });
  const shown = outcome.outputs.findLast((output) => output.type === "value");
  return outcome.status === "ok" && !falsy.has(shown?.data["text/plain"] ?? "True");
}
