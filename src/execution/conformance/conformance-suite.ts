import type { ConformanceCase } from "./conformance-case.ts";
import { checkpointCases } from "./checkpoint-cases.ts";
import { functionCases } from "./function-cases.ts";
import { lifecycleCases } from "./lifecycle-cases.ts";
import { outputCases } from "./output-cases.ts";
import { runCases } from "./run-cases.ts";
import { stateCases } from "./state-cases.ts";
import { stoppingCases } from "./stopping-cases.ts";

/**
 * What every runtime must do. Run each case on a fresh or a shared runtime, with any test runner:
 *
 *     for (const { name, skip, run } of conformanceSuite) {
 *       const reason = skip?.(runtime.capabilities);
 *       test.skipIf(reason !== undefined)(name, () => run(runtime));
 *     }
 */
export const conformanceSuite: readonly ConformanceCase[] = [
  ...stateCases,
  ...outputCases,
  ...stoppingCases,
  ...checkpointCases,
  ...runCases,
  ...functionCases,
  ...lifecycleCases,
];
