import type { Session } from "../execution/session.ts";
import type { Grade } from "./benchmark.ts";

/** Words for an agent that is to define a function in its interpreter. */
export function definitionTask(what: string): string {
  return `${what}

Define the function in the interpreter and try it out there. Leave its final version defined: it is then tested in the same interpreter with tests that you do not see. When you are done, say so without any code.`;
}

const testTimeoutMs = 30_000;

/** Runs tests in the session in which an agent has defined what they test. */
export async function gradeDefinition(session: Session, tests: string): Promise<Grade> {
  const word = crypto.randomUUID();
  const program = JSON.stringify(tests);
  const outcome = await session.execute(
    `exec(compile(${program}, "tests.py", "exec"), dict(globals()))\nprint(${JSON.stringify(word)})`,
    { timeoutMs: testTimeoutMs },
  );
  const printed = outcome.outputs.map((output) => (output.type === "stream" ? output.text : ""));
  if (outcome.status === "ok" && printed.join("").includes(word)) return { success: true };
  const { error } = outcome;
  return {
    success: false,
    reason: error === undefined ? outcome.status : `${error.name}: ${error.message.slice(0, 300)}`,
  };
}
