import { z } from "zod";
import { agentTask } from "../agent-task.ts";
import { askModel } from "../ask-model.ts";
import type { Benchmark, BenchmarkTask, Grading } from "../benchmark.ts";
import { oracleAnswer, oracleCall } from "../oracle-call.ts";
import { readRecords } from "../read-records.ts";
import { unknownVariant } from "../unknown-variant.ts";
import { gsm8kExamples } from "./gsm8k-examples.ts";
import { gradeGsm8k } from "./gsm8k-grade.ts";

const recordSchema = z.looseObject({
  question: z.string(),
  answer: z.string().includes("####", { error: "it has no #### with the result" }),
  line: z.int(),
});

type Gsm8kTask = z.infer<typeof recordSchema>;

/**
 * GSM8K (Cobbe et al., 2021): 1,319 word problems. By default the agent computes with code, or with a `calculator` in
 * the JSON and text formats. Variant `chain-of-thought`: one reply after eight examples, without any interpreter.
 */
export const gsm8k: Benchmark = {
  name: "gsm8k",
  description: "1,319 word problems of grade school",
  formats: ["code", "json", "text"],
  sources: [
    {
      url: "https://raw.githubusercontent.com/openai/grade-school-math/master/grade_school_math/data/test.jsonl",
      path: "gsm8k/test.jsonl",
      sha256: "3730d312f6e3440559ace48831e51066acaca737f6eabec99bccb9e4b3c39d14",
    },
  ],
  async load(options) {
    const { variant = "agent" } = options;
    if (variant !== "agent" && variant !== "chain-of-thought") {
      throw unknownVariant("gsm8k", variant, ["agent", "chain-of-thought"]);
    }
    const records = await readRecords("gsm8k/test.jsonl", recordSchema, options, {
      // Tasks have no names of their own: their lines stay theirs where others are left out.
      parse: (line, number) => ({ ...JSON.parse(line), line: number }),
    });
    return records.map(variant === "agent" ? agentVariant : chainOfThought);
  },
};

const calculator = `def calculator(expression):
    "Computes an arithmetic expression."
    import ast
    import operator as of
    known = {ast.Add: of.add, ast.Sub: of.sub, ast.Mult: of.mul, ast.Div: of.truediv,
             ast.FloorDiv: of.floordiv, ast.Mod: of.mod, ast.USub: of.neg, ast.UAdd: of.pos}
    def value(node):
        if isinstance(node, ast.Expression):
            return value(node.body)
        if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
            return node.value
        if isinstance(node, ast.BinOp) and type(node.op) in known:
            return known[type(node.op)](value(node.left), value(node.right))
        if isinstance(node, ast.UnaryOp) and type(node.op) in known:
            return known[type(node.op)](value(node.operand))
        raise ValueError("only numbers, + - * / // % and parentheses are understood")
    return value(ast.parse(expression.strip(), mode="eval"))
`;

function agentVariant({ question, answer, line }: Gsm8kTask): BenchmarkTask {
  return agentTask({
    id: `${line - 1}`,
    prompt: `${question}\n\nEnd your answer with a line of the form: #### NUMBER`,
    setup: calculator,
    functions: [
      {
        name: "calculator",
        signature: "(expression: str) -> float",
        description: "Computes an arithmetic expression such as `(16 - 3) * 2`.",
      },
    ],
    grade: (given, { grading }) => gradeGsm8k(answer, given, grading),
    oracle: ({ format, grading }) => {
      const impossible = whyImpossible(answer, grading);
      if (impossible !== undefined) return { impossible };
      // The data mark each step of the computation, such as <<16-3-4=9>>.
      const expression = [...answer.matchAll(/<<([^=>]+)=/g)].at(-1)?.[1];
      const isPlain = expression !== undefined && /^[\d+\-*/(). ]+$/.test(expression);
      const calls = isPlain ? [oracleCall(format, "calculator", { expression })] : [];
      return {
        replies: [...calls, oracleAnswer(format, `The answer follows.\n#### ${numberOf(answer)}`)],
      };
    },
  });
}

function chainOfThought({ question, answer, line }: Gsm8kTask): BenchmarkTask {
  const examples = gsm8kExamples.map(([asked, said]) => `Question: ${asked}\nAnswer: ${said}`);
  return {
    id: `${line - 1}`,
    formats: ["code"],
    async *play({ model, signal, sampling, grading }) {
      const asked = yield* askModel({
        model,
        signal,
        sampling: { temperature: 0, maxOutputTokens: 512, ...sampling },
        stop: ["\nQuestion:"],
        questions: [`${examples.join("\n\n")}\n\nQuestion: ${question}\nAnswer:`],
      });
      const [reply] = asked.replies;
      if (reply === undefined) return { ...asked, status: "failed", ...asked.fault };
      const success = gradeGsm8k(answer, reply, grading);
      return { ...asked, success, status: "answered", answer: reply };
    },
    oracle({ grading }) {
      const impossible = whyImpossible(answer, grading);
      return impossible === undefined
        ? { replies: [`The answer is ${numberOf(answer)}.`] }
        : { impossible };
    },
  };
}

/** The number of a solution, without separators: faithful grading reads `1,200` as 200, as the original does. */
function numberOf(answer: string): string {
  return (answer.split("####").at(-1) ?? "").trim().replaceAll(",", "");
}

function whyImpossible(answer: string, grading: Grading): string | undefined {
  const number = numberOf(answer);
  return gradeGsm8k(answer, number, grading)
    ? undefined
    : `The reference ${number} is negative, and the sign of an answer is dropped: no number equals it.`;
}
