import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeSync,
  ftruncateSync,
  fstatSync,
} from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { CodeActError } from "../errors.ts";
import { provenanceSchema } from "./provenance.ts";
import type { EvaluationResult, Trajectory } from "./trajectory.ts";
import { isRetried, verdicts } from "./verdict.ts";

/** The files of an evaluation: `results.jsonl` and `trajectories.jsonl`, which only ever grow. */
export interface ResultStore extends Disposable {
  /** All results so far, the last of each key. */
  results(): readonly EvaluationResult[];
  /** The trajectories of these results. */
  trajectories(): readonly Trajectory[];
  /** Tells whether this key needs no more work; faults of service or sandbox are tried again. */
  isDone(key: string): boolean;
  /** Writes a trajectory and then its result, each safely on the disk before it returns. */
  add(trajectory: Trajectory): void;
}

const count = z.number().nonnegative();

const resultSchema = z.looseObject({
  key: z.string(),
  benchmark: z.string(),
  task: z.string(),
  group: z.string().exactOptional(),
  model: z.string(),
  format: z.enum(["code", "json", "text"]),
  grading: z.enum(["faithful", "corrected"]),
  feedback: z.enum(["plain", "enriched"]),
  settings: z.string(),
  sample: count,
  verdict: z.enum(verdicts),
  success: z.boolean(),
  score: z.number(),
  answer: z.string().exactOptional(),
  reason: z.string().exactOptional(),
  turns: count,
  malformed: count,
  cells: count,
  failedCells: count,
  usage: z.object({
    inputTokens: count,
    outputTokens: count,
    cachedInputTokens: count.exactOptional(),
    cacheWriteTokens: count.exactOptional(),
    estimated: z.literal(true).exactOptional(),
  }),
  cost: count.exactOptional(),
  wallMs: count,
  error: z.object({ code: z.string(), message: z.string() }).exactOptional(),
  provenance: provenanceSchema.exactOptional(),
});

/** Opens or makes the files in a folder. A line that a crash cut off is removed; others that are broken are faults. */
export function openResultStore(folder: string): ResultStore {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (cause) {
    throw new CodeActError("permission_denied", `The folder ${folder} can't be made.`, { cause });
  }
  const results = new Map(
    readResults(join(folder, "results.jsonl")).map((result) => [result.key, result]),
  );
  const files = {
    results: openForAppending(join(folder, "results.jsonl")),
    trajectories: openForAppending(join(folder, "trajectories.jsonl")),
  };
  return {
    results: () => [...results.values()],
    trajectories: () => readTrajectories(folder),
    isDone(key) {
      const result = results.get(key);
      return result !== undefined && !isRetried(result.verdict);
    },
    add(trajectory) {
      const { messages: _, events: __, ...result } = trajectory;
      append(files.trajectories, trajectory);
      append(files.results, result);
      results.set(result.key, result);
    },
    [Symbol.dispose]() {
      closeSync(files.results);
      closeSync(files.trajectories);
    },
  };
}

/** Reads a `results.jsonl`, the last result of each key; none where there is no file. */
export function readResults(file: string): readonly EvaluationResult[] {
  const results = new Map<string, EvaluationResult>();
  for (const [index, line] of wholeLines(file).entries()) {
    const parsed = resultSchema.safeParse(tryJson(line));
    if (!parsed.success) {
      throw new CodeActError("invalid_input", `${file}, line ${index + 1}, is not a result.`, {
        hint: "Remove the line; its task is then played again.",
      });
    }
    results.set(parsed.data.key, parsed.data);
  }
  return [...results.values()];
}

/** Reads the trajectories whose results count, in the order in which they were written. */
export function readTrajectories(folder: string): readonly Trajectory[] {
  const trajectories = new Map<string, Trajectory>();
  for (const line of wholeLines(join(folder, "trajectories.jsonl"))) {
    const value = tryJson(line) as Trajectory | undefined;
    if (typeof value?.key === "string") trajectories.set(value.key, value);
  }
  return readResults(join(folder, "results.jsonl")).flatMap(
    ({ key }) => trajectories.get(key) ?? [],
  );
}

function wholeLines(file: string): readonly string[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n");
  // What follows the last line end is a line that was being written when the process died.
  return lines.slice(0, -1).filter((line) => line.trim() !== "");
}

function openForAppending(file: string): number {
  const descriptor = openSync(file, "a+");
  const size = fstatSync(descriptor).size;
  const text = readFileSync(file);
  const end = text.lastIndexOf(10) + 1;
  if (end < size) ftruncateSync(descriptor, end);
  return descriptor;
}

function append(descriptor: number, value: object): void {
  writeSync(descriptor, `${JSON.stringify(value)}\n`);
  fsyncSync(descriptor);
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
