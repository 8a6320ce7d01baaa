import { describe, expect, it } from "vitest";
import { createBareRuntime } from "./runtimes/bare-runtime.ts";
import { completeLimits } from "./complete-limits.ts";
import { defaultLimits } from "./runtime.ts";

describe("completeLimits", () => {
  it("takes the last that was given, whole, and the default of what was not", () => {
    expect(
      completeLimits({ calls: 1, graceMs: 5 }, undefined, { calls: 2.5, memoryBytes: Infinity }),
    ).toEqual({ ...defaultLimits, graceMs: 5, calls: 3, memoryBytes: 2 ** 53 - 1 });
  });

  it("refuses what is no number from 0", () => {
    for (const value of [-1, NaN, "5" as unknown as number]) {
      expect(() => completeLimits({ processes: value })).toThrow(
        `The limit processes must be a number from 0, not ${value}.`,
      );
    }
  });
});

it("a session without limits runs code", async () => {
  const none = Object.fromEntries(Object.keys(defaultLimits).map((name) => [name, Infinity]));
  await using runtime = createBareRuntime();
  await using session = await runtime.open({ limits: { ...none, idleMs: 0 } });
  expect(await session.execute("print(1)")).toMatchObject({
    status: "ok",
    outputs: [{ type: "stream", text: "1\n" }],
  });
  expect(await session.execute("while True: pass", { timeoutMs: 10 })).toMatchObject({
    status: "timeout",
  });
});
