import { describe, expect, it } from "vitest";
import type { Outcome } from "../../src/execution/outcome.ts";
import { agrees, type CellResult, comparableText, resultOf } from "./compare-cell.ts";
import type { RecordedObservation } from "./recorded-observation.ts";

const result = (text: string, ...errors: string[]): CellResult => ({
  status: errors.length === 0 ? "ok" : "error",
  text,
  errors,
});
const recorded = (text: string, more: Partial<RecordedObservation> = {}): RecordedObservation => ({
  text,
  truncated: false,
  errors: [],
  timedOut: false,
  ...more,
});

describe("agrees", () => {
  it("ignores Out[n] and white space", () => {
    expect(agrees(result("[1,\n 2]\n"), recorded("Out[3]: [1, 2]"))).toBe(true);
    expect(agrees(result("a\nb\n"), recorded("a\nOut[3]: b"))).toBe(true);
    expect(agrees(result("12"), recorded("1 2"))).toBe(false);
  });

  it("takes white space as Python does", () => {
    expect(agrees(result("\u001d\u0017%\n"), recorded("\u0017%"))).toBe(true);
  });

  it("takes no output and the notice of it for the same", () => {
    expect(agrees(result(""), recorded("[Executed Successfully with No Output]"))).toBe(true);
    expect(agrees(result("1"), recorded("[Executed Successfully with No Output]"))).toBe(false);
  });

  it("wants a cut recording to be the beginning of ours", () => {
    const cut = recorded("[1, 2, ", { truncated: true });
    expect(agrees(result("[1, 2, 3]"), cut)).toBe(true);
    expect(agrees(result("[1, 3]"), cut)).toBe(false);
    expect(agrees(result("[1,"), cut)).toBe(false);
  });

  it("wants the same type of exception, whatever its text", () => {
    const failed = recorded("ValueError: x", { errors: ["ValueError"] });
    expect(agrees(result("printed before", "ValueError"), failed)).toBe(true);
    expect(agrees(result("", "TypeError"), failed)).toBe(false);
    expect(agrees(result("ValueError: x"), failed)).toBe(false);
    expect(agrees(result("", "ValueError"), recorded(""))).toBe(false);
  });

  it("compares the last exception of a chain, and the first ones of a cut chain", () => {
    const chain = recorded("", { errors: ["TypeError", "ValueError"] });
    expect(agrees(result("", "ValueError"), chain)).toBe(true);
    expect(agrees(result("", "TypeError"), chain)).toBe(false);
    const cut = recorded("", { errors: ["TypeError"], truncated: true });
    expect(agrees(result("", "TypeError", "ValueError"), cut)).toBe(true);
    expect(agrees(result("", "KeyError", "ValueError"), cut)).toBe(false);
  });
});

it("comparableText keeps a mention of Out inside a line", () => {
  expect(comparableText("x Out[1]: 2")).toBe("x Out[1]: 2");
});

it("resultOf keeps standard output, values and the chain of exceptions", () => {
  const outcome: Outcome = {
    status: "error",
    outputs: [
      { type: "stream", name: "stdout", text: "a\n" },
      { type: "stream", name: "stderr", text: "warning\n" },
      { type: "display", data: { "text/plain": "<Figure>", "image/png": "AAAA" } },
      { type: "value", data: { "text/plain": "5" } },
    ],
    late: [],
    error: {
      name: "ValueError",
      message: "b",
      traceback: [
        "Traceback (most recent call last):",
        "  cell 1, line 2, in <module>",
        "decimal.InvalidOperation: a",
        "",
        "During handling of the above exception, another exception occurred:",
        "",
        "ValueError: b",
      ].join("\n"),
      frames: [],
    },
    state: "kept",
    executionCount: 1,
    wallMs: 1,
    cpuMs: 1,
    peakMemoryBytes: 1,
  };
  expect(resultOf(outcome)).toEqual({
    status: "error",
    text: "a\n5\n",
    errors: ["InvalidOperation", "ValueError"],
    errorMessage: "b",
  });
});
