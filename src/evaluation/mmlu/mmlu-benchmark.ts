import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { agentTask } from "../agent-task.ts";
import { askModel } from "../ask-model.ts";
import type { Benchmark, BenchmarkTask, Grading, LoadOptions } from "../benchmark.ts";
import { CodeActError } from "../../errors.ts";
import { oracleAnswer, oracleCode } from "../oracle-call.ts";
import { readDataFile } from "../read-records.ts";
import { unknownVariant } from "../unknown-variant.ts";
import { parseCsv } from "./parse-csv.ts";
import { unpackMmlu } from "./unpack-mmlu.ts";

interface Question {
  /** Its place in its file. */
  readonly index: number;
  readonly question: string;
  readonly options: readonly string[];
  /** A, B, C or D. */
  readonly answer: string;
}

const letters = ["A", "B", "C", "D"];
const shots = 5;

/**
 * MMLU (Hendrycks et al., 2021): questions of 57 subjects with four options, asked after five examples of the same
 * subject; the model writes a letter. Its log probabilities are not used, since few services give them. Variant
 * `agent`: the same questions in the agent's normal loop, with an interpreter.
 */
export const mmlu: Benchmark = {
  name: "mmlu",
  description: "questions of 57 subjects with four options, after five examples",
  formats: ["code", "json", "text"],
  sources: [
    {
      url: "https://people.eecs.berkeley.edu/~hendrycks/data.tar",
      path: "mmlu/test",
      unpack: unpackMmlu,
    },
  ],
  async load(options) {
    const { variant = "few-shot" } = options;
    if (variant !== "few-shot" && variant !== "agent") {
      throw unknownVariant("mmlu", variant, ["few-shot", "agent"]);
    }
    const taskOf = variant === "agent" ? agentVariant : fewShot;
    const subjects = await subjectsOf(options);
    const tasks = await Promise.all(
      subjects.map(async (subject) => {
        const examples = await readQuestions(`mmlu/dev/${subject}_dev.csv`, options);
        const questions = await readQuestions(`mmlu/test/${subject}_test.csv`, options);
        const intro = introOf(subject, examples.slice(0, shots));
        return questions.map((question) =>
          taskOf({ id: `${subject}/${question.index}`, group: subject, intro, question }),
        );
      }),
    );
    return tasks.flat();
  },
};

async function subjectsOf({ data }: LoadOptions): Promise<readonly string[]> {
  const files = await readdir(join(data, "mmlu", "test")).catch(() => undefined);
  if (files === undefined) await readDataFile("mmlu/test", data); // says what is missing
  return (files ?? [])
    .flatMap((file) => (file.endsWith("_test.csv") ? [file.slice(0, -"_test.csv".length)] : []))
    .toSorted();
}

async function readQuestions(path: string, options: LoadOptions): Promise<readonly Question[]> {
  const rows = parseCsv(await readDataFile(path, options.data));
  return rows.flatMap(({ cells, line }, index) => {
    const answer = cells[5]?.trim() ?? "";
    if (cells.length === 6 && letters.includes(answer)) {
      return [{ question: cells[0]!, options: cells.slice(1, 5), answer, index }];
    }
    const fault = new CodeActError(
      "invalid_input",
      `${join(options.data, path)}, line ${line}, is malformed: it needs a question, four options and a letter.`,
      {
        hint: "Correct it, fetch it again with `codeact eval fetch mmlu --again`, or leave malformed records out with --skip-malformed.",
      },
    );
    if (options.onMalformed === undefined) throw fault;
    options.onMalformed(fault);
    return [];
  });
}

function introOf(subject: string, examples: readonly Question[]): string {
  const name = subject.replaceAll("_", " ");
  const intro = `The following are multiple choice questions (with answers) about ${name}.`;
  return [intro, ...examples.map((example) => `${asked(example)} ${example.answer}`)].join("\n\n");
}

function asked({ question, options }: Question): string {
  const lines = options.map((option, index) => `${letters[index]}. ${option}`);
  return `${question.trim()}\n${lines.join("\n")}\nAnswer:`;
}

interface MmluTask {
  readonly id: string;
  /** The subject. */
  readonly group: string;
  /** What stands before the question: the subject and its examples. */
  readonly intro: string;
  readonly question: Question;
}

function agentVariant({ id, group, intro, question }: MmluTask): BenchmarkTask {
  return agentTask({
    id,
    group,
    prompt: `${intro}\n\n${asked(question)}\n\nCompute with Python where that helps. Then answer with the letter alone.`,
    runsPython: true,
    // No published number depends on how an agent's answer is read.
    grade: (answer) => readLetter(answer, "corrected") === question.answer,
    oracle: ({ format }) => ({
      replies: [
        oracleCode(format, `print("${question.answer}")`),
        oracleAnswer(format, question.answer),
      ],
    }),
  });
}

function fewShot({ id, group, intro, question }: MmluTask): BenchmarkTask {
  return {
    id,
    group,
    formats: ["code"],
    async *play({ model, signal, sampling, grading }) {
      const reply = yield* askModel({
        model,
        signal,
        // A model that first thinks aloud needs room; the letter is read from what it says.
        sampling: {
          temperature: 0,
          maxOutputTokens: grading === "faithful" ? 8 : 256,
          ...sampling,
        },
        questions: [`${intro}\n\n${asked(question)}`],
      });
      const [answer] = reply.replies;
      if (answer === undefined) return { ...reply, status: "failed", ...reply.fault };
      const success = readLetter(answer, grading) === question.answer;
      return { ...reply, success, status: "answered", answer };
    },
    oracle: () => ({ replies: [` ${question.answer}`] }),
  };
}

/**
 * The letter that a reply chooses. `faithful`: its first character. `corrected`: the letter that stands alone at the
 * start, or after `answer is` or the like, or the only one that stands alone.
 */
export function readLetter(reply: string, grading: Grading): string | undefined {
  const text = reply.trim();
  if (grading === "faithful") return letters.includes(text.charAt(0)) ? text.charAt(0) : undefined;
  const said =
    /\b(?:answer|option|choice)(?:\s+is)?\s*:?\s*\**\(?([A-D])\b/i.exec(text)?.[1] ??
    /^\W*([A-D])(?:[).:,*]|\s*$)/.exec(text)?.[1];
  if (said !== undefined) return said.toUpperCase();
  const alone = new Set(
    [...text.matchAll(/(?<![\w'’])([B-D]|A(?=[).:,]|$))(?![\w'’])/g)].map((match) => match[1]),
  );
  return alone.size === 1 ? [...alone][0] : undefined;
}
