import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { readMintReply } from "../../src/evaluation/mint/mint-reply.ts";
import { findRecordedRuns, type RecordedRun } from "../../src/evaluation/mint/recorded-run.ts";
import { replayableRuns, replayRuns } from "../../src/evaluation/mint/replay-runs.ts";
import { createSandboxRuntime } from "../../src/execution/runtimes/sandbox-runtime.ts";
import type { Figure } from "../figure.ts";
import { describeMachine, type Machine } from "../machine.ts";
import { runWithIpykernel } from "../rivals/ipykernel.ts";

const atOnce = 4;
const rounds = 3;
/** The trajectories of one round, here and for the rival, which gets every so many of them. */
const roundSize = 120;
const rivalShare = 10;

/**
 * Measures how many recorded trajectories a minute the harness plays with a model that answers at once: sessions,
 * loop, cells and grading. The rival runs the same cells, in one Jupyter kernel for each trajectory.
 */
export async function benchEvaluation(
  data: string,
  onProgress: (what: string) => void,
): Promise<{ readonly machine: Machine; readonly figures: readonly Figure[] }> {
  const runs = workload(replayableRuns(findRecordedRuns(data)));
  await using runtime = await createSandboxRuntime({
    preload: ["numpy", "pandas", "matplotlib.pyplot", "sympy"],
  });
  await replayRuns(runs.slice(0, 8), { runtime, atOnce });
  const ours: number[] = [];
  const fewer: RecordedRun[][] = [];
  for (let round = 0; round < rounds; round++) {
    const own = runs.slice(round * roundSize, (round + 1) * roundSize);
    onProgress(`the harness, round ${round + 1} of ${rounds}`);
    const started = performance.now();
    await replayRuns(own, { runtime, atOnce });
    ours.push((own.length / (performance.now() - started)) * 60_000);
    fewer.push(own.filter((_, index) => index % rivalShare === 0));
  }
  onProgress("one Jupyter kernel for each trajectory");
  const seconds = await measureKernels(fewer);
  const theirs = fewer.map((own, round) => (own.length / (seconds[round] ?? Number.NaN)) * 60);
  return { machine: describeMachine(runtime.pythonVersion), figures: [figure(ours, theirs)] };
}

/** Word problems over several turns: plain arithmetic, so that not the cells but what is around them counts. */
function workload(runs: readonly RecordedRun[]): readonly RecordedRun[] {
  return runs.filter(
    ({ task, setting, history }) =>
      task === "gsm8k" &&
      !setting.startsWith("max1") &&
      !history.some(({ content }) => content.includes("TimeoutError")),
  );
}

/** Seconds of each round. */
async function measureKernels(
  rounds: readonly (readonly RecordedRun[])[],
): Promise<readonly number[]> {
  const cells = rounds.map((runs) => runs.map(cellsOf));
  const folder = await mkdtemp(join(tmpdir(), "codeact-bench-"));
  try {
    const file = join(folder, "rounds.json");
    await writeFile(file, JSON.stringify(cells));
    const printed = await runWithIpykernel("jupyter_per_task.py", [file, `${atOnce}`]);
    return z.array(z.number()).parse(JSON.parse(printed));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function cellsOf({ history }: RecordedRun): readonly string[] {
  return history.flatMap(({ role, content }) => {
    const reply = role === "assistant" ? readMintReply(content) : undefined;
    return reply?.kind === "cell" ? [reply.code] : [];
  });
}

function figure(ours: readonly number[], theirs: readonly number[]): Figure {
  const middle = (values: readonly number[]): number =>
    values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
  const rounded = (value: number): number => Number(value.toPrecision(4));
  return {
    name: "recorded trajectories played",
    unit: "1/min",
    p50: rounded(middle(ours)),
    // Of rates, the worst is the lowest.
    p99: rounded(Math.min(...ours)),
    rival: "a Jupyter kernel for each",
    rival_p50: rounded(middle(theirs)),
    ratio: rounded(middle(ours) / middle(theirs)),
  };
}
