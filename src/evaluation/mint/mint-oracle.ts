import type { FormatName, OracleOptions } from "../benchmark.ts";
import type { Oracle } from "../oracle.ts";
import { mintAction } from "./mint-action.ts";
import { gradeReasoning } from "./mint-grade.ts";
import type { MintTask } from "./mint-tasks.ts";

/** Solves a task of MINT: computes in one turn, proposes in the next. */
export function mintOracle(task: MintTask, { format, grading }: OracleOptions): Oracle {
  if (task.name === "humaneval" || task.name === "mbpp") return codeOracle(task, format);
  const reference = String(task.reference);
  const isPlain = task.name === "math" || task.name === "gsm8k" || task.name === "hotpotqa";
  if (isPlain && !gradeReasoning(reference, reference, grading)) {
    return {
      impossible: `The reference ${reference} is negative, and the tolerance of 5 % of it too: no number is within it.`,
    };
  }
  const answer = answerOf(task);
  return {
    replies: [
      cell(
        "I keep the answer in a variable.",
        format,
        `answer = ${JSON.stringify(answer)}\nprint(answer)`,
      ),
      (conversation) => {
        const said = conversation.at(-1)?.content[0];
        const observed = said?.type === "text" ? said.text : "";
        const shown = /^Observation:\n([^]*?)\nYou have/.exec(observed)?.[1] ?? "";
        return `The answer is <solution> ${shown} </solution>.`;
      },
    ],
  };
}

function answerOf({ reference }: MintTask): string {
  if (typeof reference === "boolean") return reference ? "True" : "False";
  return Array.isArray(reference) ? JSON.stringify(reference) : String(reference);
}

function codeOracle({ solution, reference }: MintTask, format: FormatName): Oracle {
  if (solution === undefined) return { impossible: "The data have no solution for this task." };
  const code = solution.replaceAll("\r\n", "\n");
  return {
    replies: [
      cell("I run the solution with its tests first.", format, `${code}\n${String(reference)}`),
      `<solution>\n${code}\n</solution>`,
    ],
  };
}

function cell(thought: string, format: FormatName, code: string): string {
  return `<thought> ${thought} </thought>\n<execute>\n${mintAction(format, code)}\n</execute>`;
}
