import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { inspectPython } from "../../src/execution/inspect-python.ts";
import { createSandboxRuntime } from "../../src/execution/runtimes/sandbox-runtime.ts";
import { describeMachine } from "../machine.ts";
import { type Evidence, readEvidence, writeEvidence } from "./evidence.ts";
import {
  type ExplainedCell,
  explainDifferences,
  gatherEvidence,
  type JudgedTrajectory,
} from "./explain-differences.ts";
import { findRecordings } from "./find-recordings.ts";
import { type FidelityReport, reportFidelity } from "./fidelity-report.ts";
import { judgeCells } from "./judge-cells.ts";
import { createReferenceReplay } from "./reference-replay.ts";
import { createReplay, replayAll } from "./replay-trajectory.ts";

export interface FidelityOptions {
  /** The folder of the recordings. */
  readonly data: string;
  /** The file that the differences are written to, one JSON object a line. */
  readonly out: string;
  /** Takes only every so manieth trajectory; 1 takes all. */
  readonly every: number;
  /** A Python that has the recording's libraries; the evidence of it is made anew. */
  readonly libraries?: string;
  /** A Python 3.8 with IPython and the recording's libraries; the evidence of it is made anew. */
  readonly reference?: string;
  readonly onProgress?: (what: string) => void;
}

const preload = ["numpy", "pandas", "matplotlib.pyplot", "sympy"];
const sessionsAtOnce = 4;

/** The recording's machine had no AVX-512, with which NumPy's old sine differs in its last digit. */
const withoutAvx512 = `
def _disable():
    import os
    names = "AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL"
    os.environ["NPY_DISABLE_CPU_FEATURES"] = names
_disable()
del _disable
`;

/** Runs the cells of recorded trajectories and compares what comes of them with the recording. */
export async function benchFidelity(options: FidelityOptions): Promise<FidelityReport> {
  const { onProgress = () => {} } = options;
  const trajectories = findRecordings(options.data).filter((_, i) => i % options.every === 0);
  await using runtime = await createSandboxRuntime({ preload });
  const results = await replayAll(trajectories, createReplay(runtime), sessionsAtOnce, (done) =>
    onProgress(`${done} of ${trajectories.length} trajectories`),
  );
  const judged = trajectories.map((trajectory, index) => ({
    trajectory,
    cells: judgeCells(trajectory, results[index] ?? []),
  }));
  onProgress("the causes of the differences");
  const evidence = await renewEvidence(judged, options);
  const explained = await explainDifferences(judged, {
    runtime,
    preload,
    atOnce: sessionsAtOnce,
    evidence,
  });
  mkdirSync(dirname(options.out), { recursive: true });
  writeFileSync(
    options.out,
    explained.map((cell) => `${JSON.stringify(asRecord(cell))}\n`).join(""),
  );
  return reportFidelity(judged, explained, describeMachine(runtime.pythonVersion));
}

async function renewEvidence(
  judged: readonly JudgedTrajectory[],
  { libraries, reference }: FidelityOptions,
): Promise<Evidence> {
  const known = readEvidence();
  if (libraries === undefined && reference === undefined) return known;
  const evidence: { -readonly [Name in keyof Evidence]: Evidence[Name] } = { ...known };
  if (libraries !== undefined) {
    await using runtime = await createSandboxRuntime({ python: libraries, preload: [] });
    const info = await inspectPython(libraries, ["sympy", "mpmath", "numpy", "scipy"]);
    evidence.libraries = {
      versions: typeof info === "string" ? {} : { python: info.version, ...info.packages },
      cells: await gatherEvidence(judged, createReplay(runtime, withoutAvx512), sessionsAtOnce),
    };
  }
  if (reference !== undefined) {
    let versions: Readonly<Record<string, string>> = {};
    const replay = createReferenceReplay(reference, (seen) => {
      versions = seen;
    });
    evidence.reference = { cells: await gatherEvidence(judged, replay, 2), versions };
  }
  writeEvidence(evidence);
  return evidence;
}

function asRecord({ trajectory, index, judged, cause }: ExplainedCell): object {
  const { cell, result } = judged;
  return {
    id: trajectory.id,
    cell: index + 1,
    cause,
    code: cell.code,
    recorded: cell.observation?.text,
    recorded_errors: cell.observation?.errors,
    text: result.text,
    errors: result.errors,
    error_message: result.errorMessage,
  };
}
