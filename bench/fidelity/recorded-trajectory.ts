import { readFileSync } from "node:fs";
import { type RecordedObservation, readObservation } from "./recorded-observation.ts";
import { callsForeignTool, readTurn } from "./recorded-turn.ts";

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

interface Message {
  readonly role: string;
  readonly content: string;
}

/** Reads a `results.jsonl`. `place` is its path below the data folder. Throws for a file that is none. */
export function readTrajectories(file: string, place: string): RecordedTrajectory[] {
  const folders = place.split("/").slice(0, -1);
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const { state, task } = JSON.parse(line) as {
        state: { history: readonly Message[] };
        task: { task_id: number | string };
      };
      return {
        id: [...folders, task.task_id].join("/"),
        task: folders.at(-1) ?? "unknown",
        cells: readCells(state.history, folders.at(-1) ?? ""),
      };
    });
}

/** Takes the cells out of a conversation. The first message is the instructions with their example. */
export function readCells(history: readonly Message[], task: string): readonly RecordedCell[] {
  const cells: RecordedCell[] = [];
  for (const [index, { role, content }] of history.entries()) {
    if (role !== "assistant") continue;
    const turn = readTurn(content);
    if (turn.kind !== "cell") continue;
    if (callsForeignTool(turn.code, task)) break;
    const answer = history[index + 1];
    const observation = answer?.role === "user" ? readObservation(answer.content) : undefined;
    cells.push({ code: turn.code, ...(observation === undefined ? {} : { observation }) });
  }
  return cells;
}
