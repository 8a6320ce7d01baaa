import { createSandboxRuntime } from "../../src/execution/runtimes/sandbox-runtime.ts";
import { isCodeActError } from "../../src/errors.ts";
import type { Figure } from "../figure.ts";
import { describeMachine, type Machine } from "../machine.ts";
import { measureIpykernel } from "../rivals/ipykernel.ts";
import { measureCellRoundTrip } from "./cell-round-trip.ts";
import { measureChurnLeaks } from "./churn-leaks.ts";
import { measureCheckpoints } from "./checkpoints.ts";
import { measureFileThroughput } from "./file-throughput.ts";
import { measureIdleMemory } from "./idle-session-memory.ts";
import { measureLoopOverhead } from "./loop-overhead.ts";
import { measureOutputStream } from "./output-stream.ts";
import { measureSessionsOpen } from "./sessions-open.ts";
import { measureSessionOpen } from "./session-open.ts";
import { measureToolCalls } from "./tool-calls.ts";
import { thinkMs } from "./think-time.ts";

export interface BenchReport {
  readonly machine: Machine;
  readonly figures: readonly Figure[];
  /** What could not be measured, and why. */
  readonly failures: readonly string[];
}

const measures = [
  measureSessionOpen,
  measureCellRoundTrip,
  measureIdleMemory,
  measureCheckpoints,
  measureOutputStream,
  measureToolCalls,
  measureFileThroughput,
  measureSessionsOpen,
  measureChurnLeaks,
  measureLoopOverhead,
];

/**
 * Measures the engine, and ipykernel in the same run. `onProgress` is told what is being measured. `only` are words
 * such as `checkpoints`: what has none of them in its name is left out. What fails leaves the other figures alone.
 */
export async function benchEngine(
  onProgress: (what: string) => void,
  only: readonly string[] = [""],
): Promise<BenchReport> {
  await using runtime = await createSandboxRuntime();
  onProgress("ipykernel, the rival");
  const rival = await measureIpykernel({ thinkMs });
  const figures: Figure[] = [];
  const failures: string[] = [];
  for (const measure of measures) {
    const name = measure.name.toLowerCase();
    if (!only.some((word) => name.includes(word.toLowerCase()))) continue;
    const what = measure.name.replace("measure", "");
    onProgress(what);
    try {
      figures.push(...(await measure(runtime, rival)));
    } catch (error) {
      if (!isCodeActError(error)) throw error;
      failures.push(`${what} could not be measured: ${error.message}`);
    }
  }
  return { machine: describeMachine(runtime.pythonVersion), figures, failures };
}
