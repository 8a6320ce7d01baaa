import type { Grading } from "../benchmark.ts";
import type { Oracle } from "../oracle.ts";
import { gradeReasoning } from "./mint-grade.ts";
import type { MintTask } from "./mint-tasks.ts";

/** Solves a task of MINT: computes in one turn, proposes in the next. */
export function mintOracle(task: MintTask, grading: Grading): Oracle {
  if (task.name === "humaneval" || task.name === "mbpp") return codeOracle(task);
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
      `<thought> I keep the answer in a variable. </thought>\n<execute>\nanswer = ${JSON.stringify(answer)}\nprint(answer)\n</execute>`,
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

function codeOracle({ solution, reference }: MintTask): Oracle {
  if (solution === undefined) return { impossible: "The data have no solution for this task." };
  const code = solution.replaceAll("\r\n", "\n");
  return {
    replies: [
      `<thought> I run the solution with its tests first. </thought>\n<execute>\n${code}\n${String(reference)}\n</execute>`,
      `<solution>\n${code}\n</solution>`,
    ],
  };
}
