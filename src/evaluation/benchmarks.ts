import type { Benchmark } from "./benchmark.ts";
import { m3ToolEval } from "./m3tooleval/m3-benchmark.ts";
import { mint } from "./mint/mint-benchmark.ts";

/** All benchmarks that come with codeact, in the order in which they are listed. */
export const benchmarks: readonly Benchmark[] = [m3ToolEval, mint];
