import type { Session } from "../execution/session.ts";
import { agentTask } from "./agent-task.ts";
import type { BenchmarkTask, Grade } from "./benchmark.ts";
import { oracleAnswer, oracleCode } from "./oracle-call.ts";

/** Makes a task in which the agent defines a function in its interpreter, where hidden tests then run. */
export function definitionTask(task: {
  readonly id: string;
  /** What the function is to do. */
  readonly what: string;
  readonly tests: string;
  /** Code that passes the tests. */
  readonly solution: string;
}): BenchmarkTask {
  return agentTask({
    id: task.id,
    prompt: `${task.what}

Define the function in the interpreter and try it out there. Leave its final version defined: it is then tested in the same interpreter with tests that you do not see. When you are done, say so without any code.`,
    runsPython: true,
    grade: (_answer, { session }) => gradeDefinition(session, task.tests),
    oracle: ({ format }) => ({
      replies: [
        oracleCode(format, task.solution),
        oracleAnswer(format, "The function is defined."),
      ],
    }),
  });
}

const testTimeoutMs = 30_000;

/** Runs tests in the session in which an agent has defined what they test. */
async function gradeDefinition(session: Session, tests: string): Promise<Grade> {
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
