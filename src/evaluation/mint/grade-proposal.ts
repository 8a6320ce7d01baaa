import type { Grade, GradeContext } from "../benchmark.ts";
import { gradeCode } from "../code-grade.ts";
import { gradeMultipleChoice, gradeReasoning } from "./mint-grade.ts";
import type { MintTask } from "./mint-tasks.ts";
import { gradeTheoremqa } from "./theoremqa-grade.ts";

/** Judges what stood in `<solution>`. Code that is the model's runs in a session of its own. */
export async function gradeProposal(
  task: Pick<MintTask, "name" | "prompt" | "reference" | "answerType">,
  answer: string,
  context: GradeContext,
): Promise<Grade> {
  const { grading } = context;
  const reference = String(task.reference);
  switch (task.name) {
    case "math":
    case "gsm8k":
    case "hotpotqa":
      return { success: gradeReasoning(reference, answer, grading) };
    case "mmlu":
      return {
        success: gradeMultipleChoice(reference.toLowerCase(), task.prompt, answer, grading),
      };
    case "theoremqa": {
      await using session = await context.openSession();
      return { success: await gradeTheoremqa(session, task, answer.trim(), grading) };
    }
    case "humaneval":
    case "mbpp": {
      await using session = await context.openSession();
      return await gradeCode(session, answer, reference);
    }
  }
}
