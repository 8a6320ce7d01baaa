import type { FormatName } from "../benchmark.ts";
import type { FunctionDescription } from "../../formats/format.ts";

/** Writes the first message of a task, to the letter of the original. `functions` have their name in the signature. */
export function m3Prompt(
  instruction: string,
  functions: readonly FunctionDescription[],
  format: FormatName,
): string {
  const tools = functions.map(
    ({ name, signature, description }, index) =>
      `[${index + 1}] ${name}: ${description}\n    Signature: ${signature}`,
  );
  return `You have access to the following tools:
${tools.join("\n")}

${modes[format]}

Now, let's get started!

Instruction: ${instruction}
You can optionally express your thoughts using natural language before your action. For example, 'Thought: I want to use tool_name to do something. Action: <your action to call tool_name> End Action'.
Note that your output should always contain either 'Action:' or 'Answer:', but not both.
When you are done, output the result using 'Answer: your answer'
Please ONLY output the answer (e.g., single number), without any other text.`;
}

const modes: Readonly<Record<FormatName, string>> = {
  text: `You can use the tools by outputing the tool name followed by its arguments, delimited by commas.
You should begin your tool invocation with 'Action:' and end it with 'End Action'.
Example: 'Action: tool_name, argument_1 End Action'
You can only invoke one tool at a time.`,
  json: `You can use the tools by outputing a JSON object with the following fields:
  - 'tool': the name of the tool
  - 'args': a list of arguments to the tool
You should begin your tool invocation with 'Action:' and end it with 'End Action'.
Example: 'Action: {"tool": "tool_name", "args": ["argument_1"]} End Action'
You can only invoke one tool at a time.`,
  code: `You can use the tools by outputing a block of Python code that invoke the tools.
You may use for-loops, if-statements, and other Python constructs when necessary.
Be sure to print the final answer at the end of your code.
You should begin your tool invocation with 'Action:' and end it with 'End Action'.
Example: 'Action:
tool_name(argument_1)
End Action'`,
};
