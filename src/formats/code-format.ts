import { createCodeReplyParser } from "./code-reply-parser.ts";
import { describeEnvironment } from "./describe-environment.ts";
import type { ActionFormat } from "./format.ts";
import { observationHeading, renderObservation } from "./render.ts";

/**
 * How a model is told to write its code: in `<execute>` tags, in Markdown fences, or as the argument of the
 * tool `execute_python`. All are understood whichever is chosen.
 */
export type CodeActions = "tags" | "fences" | "tool-call";

export interface CodeFormatOptions {
  /** Default: `tags`, which needs only text. */
  readonly actions?: CodeActions;
  /** Text put before the instructions, such as the assistant's role. */
  readonly preamble?: string;
  /** Names of packages or files listed before the rest is only counted. Default: 60. */
  readonly maxListed?: number;
}

/** The tool that runs code, where actions are tool calls. */
export const executePythonTool = {
  name: "execute_python",
  description:
    "Runs Python code in the stateful interpreter and returns what it printed, the value of its last " +
    "expression, its plots and its errors.",
  parameters: {
    type: "object",
    properties: { code: { type: "string", description: "The Python code to run." } },
    required: ["code"],
    additionalProperties: false,
  },
};

/**
 * Creates the format in which the model acts by writing Python: one block of code, or one tool call, per turn.
 * It forgives missing and broken marks, and broken JSON in calls.
 */
export function createCodeFormat(options: CodeFormatOptions = {}): ActionFormat {
  const { actions = "tags", preamble, maxListed = 60 } = options;
  const { instructions, advice, stop } = ways[actions];
  const native = actions === "tool-call";
  return {
    name: native ? "tool-call" : "code",
    ...(stop && { stop }),
    ...(native && { tools: [executePythonTool] }),
    instructions: (environment) =>
      [
        preamble,
        `${introduction}\n\n${instructions}\n\n${rules}`,
        describeEnvironment(environment, maxListed),
      ]
        .filter((part) => part !== undefined && part !== "")
        .join("\n\n"),
    createParser: (environment) =>
      createCodeReplyParser({
        native,
        advice,
        toolName: executePythonTool.name,
        ...(environment?.functions && { functions: environment.functions }),
      }),
    render: renderObservation,
  };
}

const introduction =
  "You solve the user's task by writing Python code, which a stateful interpreter runs for you.";

const textInstructions = (
  opening: string,
  closing: string,
) => `To act, say in a sentence what you are about to do, then write one block of code:

${opening}
print("Hello World!")
${closing}

Then stop. The next message starts with "${observationHeading}" and shows what the code printed, the value of its last expression, its plots and its errors. Never write that message yourself.`;

const ways: Readonly<
  Record<
    CodeActions,
    { readonly instructions: string; readonly advice: string; readonly stop?: readonly string[] }
  >
> = {
  tags: {
    instructions: textInstructions("<execute>", "</execute>"),
    advice:
      "Write the Python code to run between <execute> and </execute>, or answer in plain words without code.",
    stop: ["</execute>", `\n${observationHeading}`],
  },
  fences: {
    instructions: textInstructions("```python", "```"),
    advice:
      "Write the Python code to run in a block that ```python opens and ``` closes, or answer in plain words without code.",
    stop: [`\n${observationHeading}`],
  },
  "tool-call": {
    instructions: `To act, say in a sentence what you are about to do, then call the tool \`execute_python\` once, with the code to run. Its result shows what the code printed, the value of its last expression, its plots and its errors. Code in the text of a message is only shown to the user: to run it, call the tool.`,
    advice:
      'Call execute_python with {"code": "..."} to run Python, or answer in plain words without a call.',
  },
};

const rules = `- Work in small steps and look at the output before the next one. Print what you need to see.
- Variables, imports and functions stay defined from one block to the next: do not repeat them.
- Do not show code in place of running it.
- When code fails, read the error, find the cause and correct it. Do not repeat the same code.
- Read and write files in the current folder.
- When the task is done, answer the user in plain words, with the figures found and without any code block.`;
