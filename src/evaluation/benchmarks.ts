import type { Benchmark } from "./benchmark.ts";
import { apiBank } from "./api-bank/api-bank-benchmark.ts";
import { gsm8k } from "./gsm8k/gsm8k-benchmark.ts";
import { humaneval } from "./humaneval/humaneval-benchmark.ts";
import { m3ToolEval } from "./m3tooleval/m3-benchmark.ts";
import { mbpp } from "./mbpp/mbpp-benchmark.ts";
import { mint } from "./mint/mint-benchmark.ts";
import { mmlu } from "./mmlu/mmlu-benchmark.ts";
import { mtBench } from "./mt-bench/mt-bench-benchmark.ts";

/** All benchmarks that come with codeact, in the order in which they are listed. */
export const benchmarks: readonly Benchmark[] = [
  m3ToolEval,
  apiBank,
  mint,
  humaneval,
  mbpp,
  gsm8k,
  mmlu,
  mtBench,
];
