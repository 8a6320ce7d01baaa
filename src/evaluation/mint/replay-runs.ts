import { CodeActError } from "../../errors.ts";
import type { Runtime } from "../../execution/runtime.ts";
import type { Model } from "../../models/model.ts";
import type { Ending } from "../benchmark.ts";
import { playAtOnce } from "../play-at-once.ts";
import { playTask } from "../play-task.ts";
import { mintTask, noProposalLeft } from "./mint-benchmark.ts";
import { callsForeignTool, readMintReply } from "./mint-reply.ts";
import type { RecordedRun } from "./recorded-run.ts";
import { recordedTask } from "./recorded-task.ts";

/** A recorded run beside what became of the same replies in our loop and interpreter. */
export interface ReplayedRun {
  readonly run: RecordedRun;
  /** `task_success`, `max_steps`, `max_propose_steps` or `error`, as in recordings. */
  readonly endReason: string;
  readonly success: boolean;
  readonly turns: number;
  /** Set where it did not end as recorded. */
  readonly difference?: string;
}

export interface ReplayOptions {
  readonly runtime: Runtime;
  /** Default: 4. */
  readonly atOnce?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** The runs that can be replayed: no game, no call of Wikipedia. */
export function replayableRuns(runs: readonly RecordedRun[]): readonly RecordedRun[] {
  return runs.filter(
    (run) =>
      recordedTask(run) !== undefined &&
      !repliesOf(run).some((reply) => {
        const read = readMintReply(reply);
        return read.kind === "cell" && callsForeignTool(read.code, run.task);
      }),
  );
}

/** Runs the replies of recorded runs through our loop, interpreter and grading. */
export async function replayRuns(
  runs: readonly RecordedRun[],
  options: ReplayOptions,
): Promise<readonly ReplayedRun[]> {
  const { runtime, atOnce = 4, onProgress } = options;
  const signal = options.signal ?? new AbortController().signal;
  return await playAtOnce(runs, atOnce, signal, onProgress, async (run) => {
    const task = recordedTask(run);
    const rules = /^max(\d+)_p(\d+)/.exec(run.setting);
    if (task === undefined || rules === null) {
      throw new CodeActError("invalid_input", `${run.id} can't be replayed.`);
    }
    const played = await playTask(
      mintTask(task, { maxSteps: Number(rules[1]), maxProposals: Number(rules[2]) }),
      {
        runtime,
        model: modelOf(run),
        format: "code",
        grading: "faithful",
        feedback: "enriched",
        environment: {},
        sampling: {},
        seed: 0,
        taskTimeoutMs: 10 * 60_000,
        signal,
      },
    );
    return compare(run, played.ending);
  });
}

function compare(run: RecordedRun, ending: Ending): ReplayedRun {
  const recordedTurns = repliesOf(run).length;
  const result = {
    run,
    endReason: endReasonOf(ending),
    success: ending.success === true,
    turns: ending.turns,
  };
  if (result.endReason === run.endReason && result.turns === recordedTurns) return result;
  return { ...result, difference: differenceOf(result, ending, recordedTurns) };
}

function endReasonOf({ success, status, reason, error }: Ending): string {
  if (success === true) return "task_success";
  if (status === "budget") return "max_steps";
  if (status === "answered" || reason === noProposalLeft) return "max_propose_steps";
  return error?.code === "model_failed" ? "error" : (error?.code ?? status);
}

function differenceOf(
  { run, success, endReason, turns }: Omit<ReplayedRun, "difference">,
  ending: Ending,
  recordedTurns: number,
): string {
  const why = ending.reason === undefined ? "" : ` (${ending.reason})`;
  if (success !== run.success) {
    return success
      ? "an answer passes here that the recording judged wrong"
      : `the answer that passed in the recording is judged wrong here${why}`;
  }
  return endReason === run.endReason
    ? `ends after ${turns} replies, the recording after ${recordedTurns}`
    : `ends with ${endReason}, the recording with ${run.endReason}`;
}

/** What the model said. The recordings' chat template left the label of the speaker in front. */
function repliesOf({ history }: RecordedRun): readonly string[] {
  return history.flatMap(({ role, content }) =>
    role === "assistant" ? [content.replace(/^Assistant:\n/, "")] : [],
  );
}

function modelOf(run: RecordedRun): Model {
  const replies = repliesOf(run).values();
  return {
    id: run.model,
    capabilities: { images: false },
    async *stream() {
      const next = replies.next();
      if (next.done === true) {
        const error = new CodeActError("model_failed", "The recording has no more replies.");
        yield { type: "finish", reason: "error", error };
        return;
      }
      yield { type: "text-delta", text: next.value };
      yield { type: "finish", reason: "stop" };
    },
  };
}
