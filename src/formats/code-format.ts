import { createCodeReplyParser } from "./reply-parser.ts";
import type { ActionFormat, EnvironmentDescription, FunctionDescription } from "./format.ts";
import { observationHeading, renderObservation } from "./render.ts";

export interface CodeFormatOptions {
  /** Text put before the instructions, such as the assistant's role. */
  readonly preamble?: string;
  /** Names of packages or files listed before the rest is only counted. Default: 60. */
  readonly maxListed?: number;
}

/**
 * Creates the format in which the model acts by writing Python: one `<execute>` block per turn.
 * It also reads fenced Python, and forgives missing and broken marks.
 */
export function createCodeFormat(options: CodeFormatOptions = {}): ActionFormat {
  const { preamble, maxListed = 60 } = options;
  return {
    name: "code",
    stop: ["</execute>", `\n${observationHeading}`],
    instructions: (environment) =>
      [preamble, rules, describe(environment, maxListed)]
        .filter((part) => part !== undefined && part !== "")
        .join("\n\n"),
    createParser: createCodeReplyParser,
    render: renderObservation,
  };
}

const maxSummaryCharacters = 400;

const rules = `You solve the user's task by writing Python code, which a stateful interpreter runs for you.

To act, say in a sentence what you are about to do, then write one block of code:

<execute>
print("Hello World!")
</execute>

Then stop. The next message starts with "Execution Output:" and shows what the code printed, the value of its last expression, its plots and its errors. Never write that message yourself.

- Work in small steps and look at the output before the next one. Print what you need to see.
- Variables, imports and functions stay defined from one block to the next: do not repeat them.
- Do not show code in place of running it; every block you write is run.
- When code fails, read the error, find the cause and correct it. Do not repeat the same code.
- Read and write files in the current folder.
- When the task is done, answer the user in plain words, with the figures found and without any code block.`;

function describe(environment: EnvironmentDescription, maxListed: number): string {
  const lines: string[] = [];
  if (environment.pythonVersion !== undefined) {
    lines.push(`The interpreter is Python ${environment.pythonVersion}.`);
  }
  if (environment.packages !== undefined) {
    lines.push(
      environment.packages.length === 0
        ? "Only the standard library can be imported."
        : `Besides the standard library these packages can be imported: ${list(environment.packages, maxListed)}.`,
    );
  }
  if (environment.network !== undefined) {
    lines.push(
      environment.network.length === 0
        ? "The network cannot be reached: nothing can be downloaded or installed."
        : `Of the network only these hosts can be reached, through the proxy that is set up already: ${list(environment.network, maxListed)}.`,
    );
  }
  if (environment.files !== undefined && environment.files.length > 0) {
    lines.push(`Files in the current folder: ${list(environment.files, maxListed)}.`);
  }
  if (environment.functions !== undefined && environment.functions.length > 0) {
    lines.push("", functionsHeading, "", ...environment.functions.map(describeFunction));
  }
  return lines.join("\n");
}

const functionsHeading =
  "These functions are defined already; those with a dot are in a module that is imported already. They do their work outside of the interpreter, and help(function) tells more. In async code they can be awaited and run in parallel with asyncio.gather. A call that fails raises ToolError.";

function describeFunction({ name, signature, description }: FunctionDescription): string {
  const [summary = ""] = description.trim().split(/\n\s*\n/);
  const text = summary.replaceAll(/\s+/g, " ");
  const isLong = text.length > maxSummaryCharacters;
  return `- ${name}${signature}: ${isLong ? `${text.slice(0, maxSummaryCharacters)}...` : text}`;
}

function list(names: readonly string[], maxListed: number): string {
  const shown = names.slice(0, maxListed).join(", ");
  const rest = names.length - maxListed;
  return rest > 0 ? `${shown} and ${rest} more` : shown;
}
