import type { Outcome } from "../../execution/outcome.ts";
import type { ActionFormat, ReplyParser } from "../../formats/format.ts";
import { skipThinking } from "../../formats/skip-thinking.ts";
import type { FormatName } from "../benchmark.ts";
import { codeOfMintAction, mintAction } from "./mint-action.ts";
import { readMintReply } from "./mint-reply.ts";

const maxCharacters = 2_000;

/** What MINT's environment says to a reply without a readable action. */
export function notUnderstood(format: FormatName): string {
  return `I don't understand your input.\u0020
If you want to execute code, please use <execute> ${mintAction(format, "YOUR_CODE_HERE")} </execute>.
If you want to give me an answer, please use <solution> YOUR_SOLUTION_HERE </solution>.
For example: The answer to the question is <solution> 42 </solution>.\u0020
`;
}

/**
 * Creates MINT's own way to act: `<execute>` or `<solution>`, read when the reply is over. In JSON and text a call of
 * `run_python` stands between the tags, read as in the agent's formats of these names.
 */
export function createMintFormat(format: FormatName): ActionFormat {
  return {
    name: "mint",
    stop: ["\nObservation:", "\nExpert feedback:", "\nTask:", "\n---"],
    instructions: () => "",
    createParser: () => skipThinking(() => createMintParser(format)),
    render: (outcome) => [{ type: "text", text: mintObservation(outcome) }],
  };
}

function createMintParser(format: FormatName): ReplyParser {
  let text = "";
  return {
    complete: false,
    push(piece) {
      text += piece;
      return [{ type: "text", text: piece }];
    },
    finish() {
      const read = readMintReply(text);
      if (read.kind === "proposal") return { kind: "answer", text };
      const code = read.kind === "cell" ? codeOfMintAction(format, read.code) : undefined;
      return code === undefined
        ? { kind: "malformed", reason: notUnderstood(format), text }
        : { kind: "action", code, text };
    },
  };
}

/** What the model reads of a cell: standard output and the value after `Out[n]:`, cut at 2,000 characters. */
export function mintObservation(outcome: Outcome): string {
  const parts = outcome.outputs.map((output) => {
    if (output.type === "stream") return output.name === "stdout" ? output.text : "";
    if (output.type === "error") return `${output.error.traceback}\n`;
    if (output.type !== "value") return "";
    return `Out[${outcome.executionCount}]: ${output.data["text/plain"] ?? ""}\n`;
  });
  if (outcome.status === "timeout") parts.push("TimeoutError: Timed out after 30 seconds\n");
  if (outcome.status === "crashed") parts.push("The interpreter died; its variables are kept.\n");
  const text = parts.join("").trim();
  if (text === "") return "[Executed Successfully with No Output]";
  return text.length > maxCharacters
    ? `${text.slice(0, maxCharacters)}...\n[Output Truncated]`
    : text;
}

/** The frame in which MINT's environment says everything. */
export function mintMessage(said: string, stepsLeft: number, proposalsLeft: number): string {
  const last = stepsLeft <= 1 ? "You should take the last step to propose a solution.\n" : "";
  return `Observation:\n${said}\nYou have ${stepsLeft} steps left and ${proposalsLeft} chances to propose solution left.\n${last}`;
}
