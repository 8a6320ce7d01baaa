import { afterAll, describe, expect, it } from "vitest";
import { findPython } from "../src/execution/find-python.ts";
import { createSandboxRuntime } from "../src/execution/runtimes/sandbox-runtime.ts";
import type { Session } from "../src/execution/session.ts";

const python = await findPython();
const missing = ["numpy", "scikit-learn"].filter((name) => !(name in python.packages));
const reason = missing.length === 0 ? "" : ` (${missing.join(" and ")} not installed)`;
const runtime = await createSandboxRuntime({ preload: ["numpy"] });
afterAll(() => runtime.close());

const prepare = `
import os, threading
import numpy as np
from threadpoolctl import threadpool_limits
from sklearn.ensemble import HistGradientBoostingClassifier
X = np.random.rand(2000, 10); y = (X[:, 0] > 0.5).astype(int)
A = np.random.rand(400, 400)
threadpool_limits(2)
def use_all():
    fitted = HistGradientBoostingClassifier(max_iter=5).fit(X, y).score(X, y) > 0.9
    product = np.isfinite(A @ A).all()
    from_thread = []
    threads = [threading.Thread(target=lambda: from_thread.append((A @ A).shape)) for _ in range(2)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    return bool(fitted), bool(product), from_thread == [(400, 400)] * 2
use_all()
`;

async function usesAll(session: Session): Promise<unknown> {
  const { status, outputs } = await session.execute("use_all()", { timeoutMs: 20_000 });
  const [value] = outputs;
  return value?.type === "value" ? value.data["text/plain"] : status;
}

describe("thread pools", () => {
  it.skipIf(missing.length > 0)(
    `of BLAS and OpenMP work after a roll back, a restore and a fork${reason}`,
    async () => {
      await using session = await runtime.open({ limits: { timeoutMs: 60_000 } });
      expect((await session.execute(prepare)).status).toBe("ok");
      const works = "(True, True, True)";
      expect(await usesAll(session)).toBe(works);
      expect((await session.execute("os._exit(1)")).state).toBe("rolled-back");
      expect(await usesAll(session)).toBe(works);
      const checkpoint = await session.checkpoint?.();
      expect(checkpoint).toBeDefined();
      await using fork = await session.fork?.();
      expect(fork && (await usesAll(fork))).toBe(works);
      if (checkpoint !== undefined) await session.restore?.(checkpoint);
      expect(await usesAll(session)).toBe(works);
    },
  );
});
