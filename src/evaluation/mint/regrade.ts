import type { Runtime } from "../../execution/runtime.ts";
import type { Grade, GradeContext } from "../benchmark.ts";
import { playAtOnce } from "../play-at-once.ts";
import { gradeProposal } from "./grade-proposal.ts";
import { readMintReply } from "./mint-reply.ts";
import type { MintTask } from "./mint-tasks.ts";
import type { RecordedRun } from "./recorded-run.ts";
import { recordedTask } from "./recorded-task.ts";

/** A recorded run with our own judgement of its proposals. */
export interface RegradedRun {
  readonly run: RecordedRun;
  readonly success: boolean;
  /** `recorded`: taken as recorded, because judging needs a game or, in quick mode, tests to run. */
  readonly source: "graded" | "recorded";
  /** Set where we judge otherwise than the recording. */
  readonly difference?: string;
}

export interface RegradeOptions {
  readonly runtime: Runtime;
  /** Takes the recorded result of tasks whose answers are programs. Default: false. */
  readonly quick?: boolean;
  /** Sessions at once. Default: 4. */
  readonly atOnce?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Judges the proposals of recorded runs again, by the rules that the recording was made with. */
export async function regradeRuns(
  runs: readonly RecordedRun[],
  options: RegradeOptions,
): Promise<readonly RegradedRun[]> {
  const { runtime, quick = false, atOnce = 4, onProgress } = options;
  const signal = options.signal ?? new AbortController().signal;
  const context: GradeContext = {
    grading: "faithful",
    signal,
    openSession: (limits) => runtime.open({ signal, ...(limits && { limits }) }),
  };
  // The same answer to the same task was often given in several settings.
  const grades = new Map<string, Promise<Grade>>();
  const gradeOnce = (task: MintTask, answer: string): Promise<Grade> => {
    const key = JSON.stringify([task.name, task.id, answer]);
    const grade = grades.get(key) ?? gradeProposal(task, answer, context);
    grades.set(key, grade);
    return grade;
  };

  return await playAtOnce(runs, atOnce, signal, onProgress, async (run) => {
    const task = recordedTask(run);
    const isProgram = task?.name === "humaneval" || task?.name === "mbpp";
    if (task === undefined || (quick && isProgram)) {
      return { run, success: run.success, source: "recorded" };
    }
    const given: string[] = [];
    const judged: Grade[] = [];
    for (const answer of proposalsOf(run)) {
      given.push(answer);
      judged.push(await gradeOnce(task, answer));
    }
    const success = judged.some((grade) => grade.success);
    if (success === run.success) return { run, success, source: "graded" };
    const difference = explain(task, given, judged);
    return { run, success, source: "graded", difference };
  });
}

/** What the model proposed, in order. */
export function proposalsOf({ history }: RecordedRun): readonly string[] {
  return history.flatMap(({ role, content }) => {
    const reply = role === "assistant" ? readMintReply(content) : undefined;
    return reply?.kind === "proposal" ? [reply.answer] : [];
  });
}

function explain(task: MintTask, answers: readonly string[], grades: readonly Grade[]): string {
  const reason = grades.find((grade) => grade.reason !== undefined)?.reason ?? "";
  if (reason.startsWith("IndentationError") && answers.some((answer) => /^ +\S/.test(answer))) {
    return "the recording's release of MINT removed the blanks before a program";
  }
  if (task.answerType === "option" && answers.some((answer) => /^\s*[a-d]\)/.test(answer))) {
    return "the recording's release of MINT did not read an option written as `c)`";
  }
  return `unexplained${reason === "" ? "" : `: ${reason}`}`;
}
