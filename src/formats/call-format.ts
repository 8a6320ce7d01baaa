import { createCallReplyParser, type CallSyntax } from "./call-reply-parser.ts";
import { describeEnvironment, describeFunction } from "./describe-environment.ts";
import { skipThinking } from "./skip-thinking.ts";
import type { ActionFormat } from "./format.ts";
import { renderCallResult, renderCodeResult } from "./render-call.ts";
import { runPythonFunction } from "./run-python.ts";

export interface CallFormatOptions {
  /** Text put before the instructions, such as the assistant's role. */
  readonly preamble?: string;
  /** Whether words count as the answer only after `Answer:`. Default: true. */
  readonly markedAnswers?: boolean;
  /** Names of files listed before the rest is only counted. Default: 60. */
  readonly maxListed?: number;
  /** Whether the model may run Python too, as the argument of a function `run_python`. Default: false. */
  readonly runsPython?: boolean;
}

/** A format in which the model calls one function per turn, and how it is written. */
export interface CallNotation {
  readonly name: string;
  readonly syntax: CallSyntax;
  /** An action as the model shall write it, between the marks. */
  readonly example: string;
}

/** Creates a format in which each action is one call of a function of the interpreter. */
export function createCallFormat(
  { name, syntax, example }: CallNotation,
  options: CallFormatOptions = {},
): ActionFormat {
  const { preamble, markedAnswers = true, maxListed = 60, runsPython = false } = options;
  const own = runsPython ? [runPythonFunction] : [];
  const advice = `Write "Action: ${example} End Action" to call a function, or "Answer: ..." to answer.`;
  return {
    name,
    stop: ["End Action", "\nObservation:"],
    instructions({ functions: given = [], files, ...interpreter }) {
      const functions = [...own, ...given];
      const parts = [
        preamble,
        introduction,
        functions.length === 0
          ? "There is no function to call: answer at once."
          : `These functions can be called:\n\n${functions.map(describeFunction).join("\n")}`,
        rules(example),
        describeEnvironment({ ...(runsPython && interpreter), ...(files && { files }) }, maxListed),
      ];
      return parts.filter((part) => part !== undefined && part !== "").join("\n\n");
    },
    createParser: (environment) =>
      skipThinking(() =>
        createCallReplyParser({
          syntax,
          advice,
          markedAnswers,
          functions: [...own, ...(environment?.functions ?? [])],
        }),
      ),
    render: runsPython ? renderCodeResult : renderCallResult,
  };
}

const introduction = "You solve the user's task by calling functions, one at a time.";

const rules = (
  example: string,
) => `To act, say in a sentence what you are about to do, then call one function:

Action: ${example} End Action

Then stop. The next message starts with "Observation:" and shows what the function returned. Never write that message yourself.

- Look at each result before the next call.
- When a call fails, read the error and correct the call. Do not repeat the same call.
- When the task is done, write the answer and nothing after it:

Answer: your answer`;
