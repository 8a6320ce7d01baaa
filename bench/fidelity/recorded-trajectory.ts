import { callsForeignTool, readMintReply } from "../../src/evaluation/mint/mint-reply.ts";
import type { RecordedMessage } from "../../src/evaluation/mint/recorded-run.ts";
import { type RecordedObservation, readObservation } from "./recorded-observation.ts";

/** One cell that a model wrote, and what the recording's interpreter answered. */
export interface RecordedCell {
  readonly code: string;
  /** Missing for a trajectory's last turn, after which nothing was said any more. */
  readonly observation?: RecordedObservation;
}

/** The cells of one recorded run, in order; the first that needs a tool of the recording ends it. */
export interface RecordedTrajectory {
  /** `model/setting/type/task/task_id`, from the file's folders. */
  readonly id: string;
  /** The task's folder, such as `mbpp`. */
  readonly task: string;
  readonly cells: readonly RecordedCell[];
}

/** Takes the cells out of a conversation. The first message is the instructions with their example. */
export function readCells(
  history: readonly RecordedMessage[],
  task: string,
): readonly RecordedCell[] {
  const cells: RecordedCell[] = [];
  for (const [index, { role, content }] of history.entries()) {
    if (role !== "assistant") continue;
    const turn = readMintReply(content);
    if (turn.kind !== "cell") continue;
    if (callsForeignTool(turn.code, task)) break;
    const answer = history[index + 1];
    const observation = answer?.role === "user" ? readObservation(answer.content) : undefined;
    cells.push({ code: turn.code, ...(observation === undefined ? {} : { observation }) });
  }
  return cells;
}
