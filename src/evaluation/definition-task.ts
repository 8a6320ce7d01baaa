import type { Session } from "../execution/session.ts";
import { agentTask } from "./agent-task.ts";
import type { BenchmarkTask, Grade } from "./benchmark.ts";
import { oracleAnswer, oracleCall } from "./oracle-call.ts";

/** What JSON and text actions write code with, since they can only call functions. */
const runPython = `def run_python(code):
    "Runs Python code and returns what it prints."
    import contextlib, io
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "<run_python>", "exec"), globals())
    return printed.getvalue()
`;

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
    setup: (format) => (format === "code" ? undefined : runPython),
    functions: (format) =>
      format === "code"
        ? []
        : [
            {
              name: "run_python",
              signature: "(code: str) -> str",
              description:
                "Runs Python code in a lasting interpreter and returns what it prints; functions that it defines stay.",
            },
          ],
    grade: (_answer, { session }) => gradeDefinition(session, task.tests),
    oracle: ({ format }) => ({
      replies: [
        format === "code"
          ? `I define the function.\n\n<execute>\n${task.solution}\n</execute>`
          : oracleCall(format, "run_python", { code: task.solution }),
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
