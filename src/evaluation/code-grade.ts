import type { Session } from "../execution/session.ts";
import type { Grade } from "./benchmark.ts";

/** Time that the tests of one answer may take. */
export const testTimeoutMs = 10_000;

/**
 * Runs an answer and then its tests as one program, in a session that nothing else uses. An answer that ends the
 * program early does not pass: the cell has to reach its last line.
 */
export async function gradeCode(
  session: Session,
  answer: string,
  tests: string,
  timeoutMs = testTimeoutMs,
): Promise<Grade> {
  const word = crypto.randomUUID();
  const program = JSON.stringify(`${answer}\n${tests}\n`);
  const outcome = await session.execute(
    `exec(compile(${program}, "answer.py", "exec"), {"__name__": "answer"})\nprint(${JSON.stringify(word)})`,
    { timeoutMs },
  );
  const printed = outcome.outputs.map((output) => (output.type === "stream" ? output.text : ""));
  if (outcome.status === "ok" && printed.join("").includes(word)) return { success: true };
  const { error, crash } = outcome;
  const reason =
    error === undefined
      ? (crash?.reason ?? outcome.status)
      : `${error.name}${error.message === "" ? "" : `: ${error.message.slice(0, 300)}`}`;
  return { success: false, reason };
}
