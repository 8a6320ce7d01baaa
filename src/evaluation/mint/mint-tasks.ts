import { z } from "zod";
import type { LoadOptions } from "../benchmark.ts";
import { readRecords } from "../read-records.ts";
import { parseKeepingFloats } from "./parse-reference.ts";

/** The tasks of MINT that need no game, in the paper's order: in-domain, then out-of-domain. */
export const mintTaskNames = [
  "math",
  "hotpotqa",
  "gsm8k",
  "mmlu",
  "theoremqa",
  "humaneval",
  "mbpp",
] as const;

export type MintTaskName = (typeof mintTaskNames)[number];

/** One of MINT's tasks, as the model is asked. */
export interface MintTask {
  readonly name: MintTaskName;
  readonly id: string;
  readonly prompt: string;
  /** The right answer, or the tests. */
  readonly reference: unknown;
  /** TheoremQA's kind of answer, such as `list of integer`. */
  readonly answerType: string;
  /** A solution that is known to be right: of HumanEval and MBPP only. */
  readonly solution?: string;
}

const recordSchema = z.looseObject({
  id: z.int(),
  prompt: z.string(),
  reference: z.union([z.string(), z.number(), z.boolean(), z.array(z.number())]),
  answer_type: z.string().exactOptional(),
  canonical_solution: z.string().exactOptional(),
  code: z.string().exactOptional(),
});

/** Reads the tasks of one name. Rejects as `readRecords` does. */
export async function loadMintTasks(
  name: MintTaskName,
  options: LoadOptions,
): Promise<readonly MintTask[]> {
  const path = `mint/processed/${name}/test_prompts.json`;
  const records = await readRecords(path, recordSchema, options, {
    parse: parseKeepingFloats,
    idOf: ({ id }) => id,
  });
  return records.map((record) => {
    const solution =
      name === "humaneval" && record.canonical_solution !== undefined
        ? `${record.prompt}\n${record.canonical_solution}`
        : record.code;
    return {
      name,
      id: String(record.id),
      prompt: askedPrompt(name, record.prompt),
      reference: record.reference,
      answerType: record.answer_type ?? "",
      ...(solution !== undefined && { solution }),
    };
  });
}

function askedPrompt(name: MintTaskName, prompt: string): string {
  switch (name) {
    case "mbpp":
      return prompt.replaceAll('"""', "").trim();
    case "humaneval":
      return `Complete the following code:\n\n${prompt}`;
    case "theoremqa":
      return `Answer the following question with a number, a list of numbers or True or False. ${prompt.trim()}`;
    case "mmlu":
      return prompt;
    case "math":
    case "hotpotqa":
    case "gsm8k":
      return prompt.trim();
  }
}
