import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { CodeActError, isCodeActError } from "../errors.ts";
import { lockFolder } from "./folder-lock.ts";
import { openLineFile, readLines } from "./line-file.ts";
import { provenanceSchema } from "./provenance.ts";
import type { EvaluationResult, Trajectory } from "./trajectory.ts";
import { isRetried, verdicts } from "./verdict.ts";

/** The files of an evaluation: `results.jsonl` and `trajectories.jsonl`, which only ever grow. */
export interface ResultStore extends Disposable {
  /** All results so far, the last of each key. */
  results(): readonly EvaluationResult[];
  /** The trajectories of these results, read one by one: all of them may be more than memory holds. */
  trajectories(): Iterable<Trajectory>;
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
  syntaxErrors: count.exactOptional(),
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

/**
 * Opens or makes the files in a folder, for this process alone until it is disposed. A line that a crash cut off is
 * removed; results that are broken are faults, `invalid_input`. Throws `session_busy` where another evaluation is at
 * work, and `permission_denied`.
 */
export function openResultStore(folder: string): ResultStore {
  const opened = [lockNew(folder)];
  try {
    return storeIn(folder, opened);
  } catch (cause) {
    closeAll(opened);
    throw cause;
  }
}

/** Adds to `opened` what is to be closed. */
function storeIn(folder: string, opened: Disposable[]): ResultStore {
  const open = (name: string) => {
    const file = openLineFile(join(folder, name));
    opened.unshift(file);
    return file;
  };
  const files = { results: open("results.jsonl"), trajectories: open("trajectories.jsonl") };
  const results = new Map(
    readResults(join(folder, "results.jsonl")).map((result) => [result.key, result]),
  );
  return {
    results: () => [...results.values()],
    trajectories: () => readTrajectories(folder, new Set(results.keys())),
    isDone(key) {
      const result = results.get(key);
      return result !== undefined && !isRetried(result.verdict);
    },
    add(trajectory) {
      const { messages: _, events: __, ...result } = trajectory;
      files.trajectories.append(JSON.stringify(trajectory));
      files.results.append(JSON.stringify(result));
      results.set(result.key, result);
    },
    [Symbol.dispose]: () => closeAll(opened),
  };
}

/** Makes the folder where it is missing, and locks it. */
function lockNew(folder: string): Disposable {
  try {
    mkdirSync(folder, { recursive: true });
    return lockFolder(folder);
  } catch (cause) {
    if (isCodeActError(cause)) throw cause;
    const { message } = cause as Error;
    throw new CodeActError("permission_denied", `${folder} can't hold results: ${message}.`, {
      hint: "Name another folder with --out, or check its permissions and the free space of its disk.",
      cause,
    });
  }
}

function closeAll(opened: readonly Disposable[]): void {
  for (const one of opened) one[Symbol.dispose]();
}

/** Reads a `results.jsonl`, the last result of each key; none where there is no file. */
export function readResults(file: string): readonly EvaluationResult[] {
  const results = new Map<string, EvaluationResult>();
  for (const { line, number } of readLines(file)) {
    const parsed = resultSchema.safeParse(tryJson(line));
    if (!parsed.success) {
      throw new CodeActError("invalid_input", `${file}, line ${number}, is not a result.`, {
        hint: "Remove the line; its task is then played again.",
      });
    }
    results.set(parsed.data.key, parsed.data);
  }
  return [...results.values()];
}

/**
 * Reads the trajectories whose results count, the last of each key, one by one in the order in which they were
 * written. `keys`: those of the results. Default: as `results.jsonl` has them.
 */
export function* readTrajectories(
  folder: string,
  keys: ReadonlySet<string> = new Set(
    readResults(join(folder, "results.jsonl")).map(({ key }) => key),
  ),
): Generator<Trajectory, void, undefined> {
  const file = join(folder, "trajectories.jsonl");
  const last = new Map<string, number>();
  for (const { line, number } of readLines(file)) {
    const key = keyOf(line);
    if (key !== undefined && keys.has(key)) last.set(key, number);
  }
  for (const { line, number } of readLines(file)) {
    const key = keyOf(line);
    if (key === undefined || last.get(key) !== number) continue;
    const trajectory = tryJson(line) as Trajectory | undefined;
    if (trajectory !== undefined) yield trajectory;
  }
}

/** The key of a line that is a trajectory. Lines of ours begin with it, so that most need not be parsed. */
function keyOf(line: string): string | undefined {
  const start = /^\{"key":("(?:[^"\\]|\\.)*"),/.exec(line)?.[1];
  const value = (line.endsWith("}") && start ? { key: tryJson(start) } : tryJson(line)) as
    | { readonly key?: unknown }
    | null
    | undefined;
  return typeof value?.key === "string" ? value.key : undefined;
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
