import type { Benchmark } from "./benchmark.ts";
import { mint } from "./mint/mint-benchmark.ts";

/** All benchmarks that come with codeact, in the order in which they are listed. */
export const benchmarks: readonly Benchmark[] = [mint];
