import type { Session } from "../execution/session.ts";
import { agentTask } from "./agent-task.ts";
import type { BenchmarkTask, Grade } from "./benchmark.ts";
import { gradeOfTests } from "./code-grade.ts";
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

/**
 * Runs tests in the session in which an agent has defined what they test. They are a cell of their own: it calls
 * nothing, such as `exec` or `print`, that the agent's code may have given another meaning.
 */
async function gradeDefinition(session: Session, tests: string): Promise<Grade> {
  return gradeOfTests(await session.execute(tests, { timeoutMs: testTimeoutMs }));
}
