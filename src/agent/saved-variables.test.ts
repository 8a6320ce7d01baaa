import { afterAll, describe, expect, it } from "vitest";
import { createBareRuntime } from "../execution/runtimes/bare-runtime.ts";
import { describeRestored, restoreVariables, saveVariables } from "./saved-variables.ts";

const runtime = createBareRuntime();
afterAll(() => runtime.close());

describe("saved variables", () => {
  it("come back in another session, and what does not is told with the reason", async () => {
    await using first = await runtime.open();
    await first.execute("import math, threading\nx = [1, 2]\ndef double(v): return 2 * v");
    await first.execute("lock = threading.Lock()");
    const saved = await saveVariables(first);
    expect(saved.saved).toEqual(["double", "math", "threading", "x"]);
    expect(saved.skipped).toEqual([
      { name: "lock", reason: expect.stringContaining("pickle '_thread.lock' object") },
    ]);
    expect(await first.files?.list()).toEqual([]);

    await using second = await runtime.open();
    const restored = await restoreVariables(second, saved.data);
    const outcome = await second.execute("double(x[1]), math.floor(2.5), len(In)");
    expect(outcome.outputs).toMatchObject([{ data: { "text/plain": "(4, 2, 2)" } }]);
    expect(outcome.executionCount).toBe(1);
    expect(await second.files?.list()).toEqual([]);
    expect(describeRestored(restored)).toBe(
      [
        "The Python interpreter was replaced by a fresh one; the files are as they were.",
        "Variables that are back: x.",
        "Modules imported again: math, threading.",
        "Functions and classes defined again: double.",
        `Not back: lock (${saved.skipped[0]?.reason}). Make these again if you need them.`,
      ].join("\n"),
    );
  });

  it("are found though the code changed its folder and took over print and json", async () => {
    await using session = await runtime.open();
    await session.execute("import os, json, sys\nos.chdir('/')\nprint = None; n = 1");
    await session.execute("sys.stdout = None; json.dumps = None; globals = None");
    await expect(saveVariables(session)).rejects.toMatchObject({ code: "not_supported" });
    await session.execute("import importlib; importlib.reload(json); None");
    expect((await saveVariables(session)).saved).toContain("n");
  });

  it("that are no such file are refused", async () => {
    await using session = await runtime.open();
    const rubbish = new TextEncoder().encode("rubbish");
    await expect(restoreVariables(session, rubbish)).rejects.toMatchObject({
      code: "not_supported",
      message: expect.stringContaining("not a zip file"),
    });
  });
});
