import { afterAll, describe, expect, it } from "vitest";
import { conformanceSuite } from "../src/execution/conformance/conformance-suite.ts";
import type { Runtime } from "../src/execution/runtime.ts";
import { createBareRuntime } from "../src/execution/runtimes/bare-runtime.ts";
import { createSandboxRuntime } from "../src/execution/runtimes/sandbox-runtime.ts";

const runtimes: Readonly<Record<string, Runtime>> = {
  bare: createBareRuntime(),
  "bare without transactions": createBareRuntime({ transactions: false }),
  sandbox: await createSandboxRuntime(),
  "sandbox without transactions": await createSandboxRuntime({ transactions: false }),
};

describe.each(Object.entries(runtimes))("runtime %s", (_name, runtime) => {
  afterAll(() => runtime.close());

  for (const { name, skip, run } of conformanceSuite) {
    const reason = skip?.(runtime.capabilities);
    const note = reason === undefined ? "" : ` (${reason})`;
    it.skipIf(reason !== undefined)(`${name}${note}`, async () => {
      await expect(run(runtime)).resolves.toBeUndefined();
    });
  }
});
