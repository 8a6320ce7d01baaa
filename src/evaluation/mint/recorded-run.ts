import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { CodeActError } from "../../errors.ts";
import { parseKeepingFloats } from "./parse-reference.ts";

const runSchema = z.object({
  state: z.object({
    history: z.array(z.object({ role: z.enum(["user", "assistant"]), content: z.string() })),
    success: z.boolean(),
    terminate_reason: z.string(),
    error: z.string().nullish(),
  }),
  task: z.object({
    task_id: z.union([z.string(), z.number()]),
    prompt: z.string(),
    reference: z.unknown(),
  }),
});

/** One recorded run of a real model, from MINT's outputs. */
export interface RecordedRun {
  /** `model/setting/type/task/task_id`, from the file's folders. */
  readonly id: string;
  readonly model: string;
  /** Such as `max5_p2+tool+cd`. */
  readonly setting: string;
  /** The task's folder, such as `mbpp`. */
  readonly task: string;
  readonly taskId: string;
  readonly prompt: string;
  readonly reference: unknown;
  /** The conversation; the first message is the instructions with their example. */
  readonly history: readonly RecordedMessage[];
  /** Whether the recording counted it as solved. */
  readonly success: boolean;
  /** `task_success`, `max_steps`, `max_propose_steps` or `error`. */
  readonly endReason: string;
}

export interface RecordedMessage {
  readonly role: "user" | "assistant";
  readonly content: string;
}

/**
 * Reads all recorded runs below a folder, in the order of their files' paths: MINT's `outputs`, the folder that
 * holds it, or any part of it. Throws `file_not_found` where there are none, and `invalid_input`.
 */
export function findRecordedRuns(folder: string): readonly RecordedRun[] {
  const root = existsSync(join(folder, "outputs")) ? join(folder, "outputs") : folder;
  const files = existsSync(root) ? globSync("**/results.jsonl", { cwd: root }).toSorted() : [];
  if (files.length === 0) {
    throw new CodeActError("file_not_found", `There are no recorded trajectories in ${folder}.`, {
      hint: "Name the folder of MINT's outputs; it holds files called results.jsonl.",
    });
  }
  return files.flatMap((file) => readRecordedRuns(join(root, file), file));
}

/** Reads a `results.jsonl`. `place` is its path below the data folder. Throws `invalid_input` naming file and line. */
export function readRecordedRuns(file: string, place: string): readonly RecordedRun[] {
  const folders = place.split("/").slice(0, -1);
  const task = folders.at(-1) ?? "unknown";
  return readFileSync(file, "utf8")
    .split("\n")
    .flatMap((line, index) => {
      if (line.trim() === "") return [];
      const { state, task: of } = parseRun(line, `${file}, line ${index + 1},`);
      return {
        id: [...folders, of.task_id].join("/"),
        model: folders.at(-5) ?? "unknown",
        setting: folders.at(-3) ?? "unknown",
        task,
        taskId: String(of.task_id),
        prompt: of.prompt,
        reference: of.reference,
        history: state.history,
        success: state.success,
        endReason: state.terminate_reason,
      };
    });
}

function parseRun(line: string, where: string): z.infer<typeof runSchema> {
  let value: unknown;
  try {
    value = parseKeepingFloats(line);
  } catch {
    throw new CodeActError("invalid_input", `${where} is not JSON.`);
  }
  const parsed = runSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new CodeActError(
    "invalid_input",
    `${where} is no recorded trajectory: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}.`,
  );
}
