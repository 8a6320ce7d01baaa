import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readMintReply } from "../../src/evaluation/mint/mint-reply.ts";
import { findRecordedRuns, type RecordedRun } from "../../src/evaluation/mint/recorded-run.ts";
import { replayableRuns, replayRuns } from "../../src/evaluation/mint/replay-runs.ts";
import { createSandboxRuntime } from "../../src/execution/runtimes/sandbox-runtime.ts";
import type { Figure } from "../figure.ts";
import { describeMachine, type Machine } from "../machine.ts";
import { type RunScript, withIpykernel } from "../rivals/ipykernel.ts";

const atOnce = 4;
const rounds = 3;
/** The trajectories of one round, here and for the rival, which gets every so many of them. */
const roundSize = 100;
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
  await using runtime = await createSandboxRuntime();
  await replayRuns(runs.slice(0, 8), { runtime, atOnce });
  const ours: number[] = [];
  const theirs: number[] = [];
  onProgress("the rival's installation");
  await withIpykernel(async (runScript) => {
    // In turn, so that both meet the same machine.
    for (let round = 0; round < rounds; round++) {
      const own = runs.slice(round * roundSize, (round + 1) * roundSize);
      onProgress(`the harness, round ${round + 1} of ${rounds}`);
      const started = performance.now();
      await replayRuns(own, { runtime, atOnce });
      ours.push((own.length / (performance.now() - started)) * 60_000);
      onProgress(`one Jupyter kernel for each trajectory, round ${round + 1} of ${rounds}`);
      const fewer = own.filter((_, index) => index % rivalShare === 0);
      theirs.push((fewer.length / (await measureKernels(fewer, runScript))) * 60);
    }
  });
  return { machine: describeMachine(runtime.pythonVersion), figures: [figure(ours, theirs)] };
}

/**
 * Word problems over several turns that are solved with plain Python. What a library computes takes as long here as
 * there; without any, what is around the cells is measured.
 */
function workload(runs: readonly RecordedRun[]): readonly RecordedRun[] {
  return runs.filter(
    ({ task, setting, history }) =>
      task === "gsm8k" &&
      !setting.startsWith("max1") &&
      !history.some(
        ({ role, content }, index) =>
          index > 0 && role === "assistant" && content.includes("import "),
      ),
  );
}

/** Seconds that the rival takes. */
async function measureKernels(runs: readonly RecordedRun[], runScript: RunScript): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), "codeact-bench-"));
  try {
    const file = join(folder, "trajectories.json");
    await writeFile(file, JSON.stringify(runs.map(cellsOf)));
    return Number(await runScript("jupyter_per_task.py", [file, `${atOnce}`]));
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
