import { describe, expect, it } from "vitest";
import type { EvaluationResult } from "../trajectory.ts";
import { bootstrapMean } from "./bootstrap.ts";
import { bestFormats, compareResults } from "./comparison.ts";
import { mcNemar, pairedPValue } from "./paired-p-value.ts";
import { holmAdjusted } from "./holm.ts";
import { passAtK, passRates } from "./pass-at-k.ts";
import { roundTicks } from "./svg-plot.ts";
import { resultOf } from "../../../test/evaluation-result.ts";

/** One try at each task. */
function single(...values: readonly number[]): readonly (readonly number[])[] {
  return values.map((value) => [value]);
}

describe("bootstrapMean", () => {
  it("holds the mean, narrows with more values and never changes", () => {
    const few = bootstrapMean(single(0, 1, 1, 0, 1, 1))!;
    const many = bootstrapMean(Array.from({ length: 600 }, (_, index) => [Number(index % 3 > 0)]))!;
    expect(few.low).toBeLessThan(2 / 3);
    expect(few.high).toBeGreaterThan(2 / 3);
    expect(many.high - many.low).toBeLessThan((few.high - few.low) / 3);
    // The normal approximation: 2 * 1.96 * sqrt(2/9 / 600) = 0.0754.
    expect(many.high - many.low).toBeCloseTo(0.0754, 2);
    expect(bootstrapMean(single(1, 1, 0, 1, 1, 0))).toEqual(few);
    expect(bootstrapMean([])).toBeUndefined();
  });

  it.each([
    // The exact one-sided bound of 95 %: 0.05^(1/n), and 1 less it.
    [1, 82, { low: 0.05 ** (1 / 82), high: 1 }],
    [0, 5, { low: 0, high: 1 - 0.05 ** (1 / 5) }],
    [1, 1, { low: 0.05, high: 1 }],
  ])("is the rule of three where all are %d in %d tasks", (value, tasks, expected) => {
    const values = Array.from({ length: tasks }, () => [value, value]);
    const found = bootstrapMean(values, { low: 0, high: 1 });
    expect(found?.low).toBeCloseTo(expected.low, 12);
    expect(found?.high).toBeCloseTo(expected.high, 12);
    expect(bootstrapMean(values)).toEqual({ low: value, high: value });
  });

  it("allows for differences both ways where none was seen", () => {
    const share = 1 - 0.05 ** (1 / 10);
    expect(
      bootstrapMean(
        Array.from({ length: 10 }, () => [0]),
        { low: -1, high: 1 },
      ),
    ).toEqual({
      low: expect.closeTo(-share, 12),
      high: expect.closeTo(share, 12),
    });
  });

  it("is no narrower for more tries at the same tasks that end alike", () => {
    const once = Array.from({ length: 40 }, (_, task) => [task % 2]);
    const often = once.map(([value]) => Array.from({ length: 20 }, () => value!));
    expect(bootstrapMean(often)).toEqual(bootstrapMean(once));
  });
});

describe("mcNemar", () => {
  it.each([
    [0, 0, 1],
    [5, 5, 1],
    [0, 5, 0.0625],
    [1, 9, 0.021484375],
    [10, 2, 0.03857421875],
  ])("of %d and %d is %d", (first, second, expected) => {
    expect(mcNemar(first, second)).toBeCloseTo(expected, 12);
  });

  it("stays a probability for many tasks", () => {
    expect(mcNemar(900, 1100)).toBeCloseTo(8.4e-6, 6);
    expect(mcNemar(0, 5_000)).toBe(0);
  });
});

describe("pairedPValue", () => {
  it("is McNemar's test for one try at each task", () => {
    expect(pairedPValue(single(1, 1, 1, 1, 1, 0, -1))).toBe(mcNemar(5, 1));
    expect(pairedPValue([])).toBe(1);
  });

  it.each([
    // Signs of 3 and 3: totals 6, 0, 0, -6.
    [
      [
        [1, 1, 1],
        [1, 1, 1],
      ],
      0.5,
    ],
    // Signs of 3, 1 and 1: 5, 3, 3, 1 and the same below 0; seen is 3 - 1 - 1 = 1.
    [[[1, 1, 1], [-1], [0, -1]], 1],
    [[[1, 1, 1], [1], [0, 1]], 0.25],
    [
      [
        [1, -1],
        [1, 0, -1],
      ],
      1,
    ],
  ])("of %j is %d", (tasks, expected) => {
    expect(pairedPValue(tasks)).toBeCloseTo(expected, 12);
  });
});

describe("holmAdjusted", () => {
  it.each([
    [
      [0.01, 0.04, 0.03],
      [0.03, 0.06, 0.06],
    ],
    [
      [0.5, 0.9],
      [1, 1],
    ],
    [[0.2], [0.2]],
    [[], []],
  ])("of %j is %j", (pValues, expected) => {
    expect(holmAdjusted(pValues)).toEqual(expected.map((p) => expect.closeTo(p, 12)));
  });
});

describe("roundTicks", () => {
  it.each([
    [1, [0, 0.2, 0.4, 0.6, 0.8, 1]],
    [9.3, [0, 2, 4, 6, 8, 10]],
    [50_636, [0, 20_000, 40_000, 60_000]],
    [0.0004, [0, 0.0001, 0.0002, 0.0003, 0.0004]],
    [0, [0, 1]],
  ])("reaches %d in round steps", (max, expected) => {
    expect(roundTicks(max)).toEqual(expected);
  });
});

describe("compareResults", () => {
  const played = (format: EvaluationResult["format"], outcomes: string): EvaluationResult[] =>
    [...outcomes].map((mark, task) =>
      resultOf({
        task: `${task}`,
        format,
        turns: format === "code" ? 2 : 4,
        success: mark === "+",
        verdict: mark === "+" ? "correct" : mark === "-" ? "wrong" : "infrastructure",
      }),
    );

  it("counts over the tasks that were played both ways", () => {
    const results = [...played("code", "++++-"), ...played("json", "+---!")];
    expect(compareResults(results, "format")).toEqual([
      expect.objectContaining({
        model: "m",
        settings: "faithful",
        first: "code",
        second: "json",
        tasks: 4,
        pairs: 4,
        firstOnly: 3,
        secondOnly: 0,
        difference: 0.75,
        pValue: expect.closeTo(0.25, 12),
        turnsDifference: -2,
      }),
    ]);
    expect(compareResults(results, "feedback")).toEqual([]);
  });

  it("adjusts to the number of comparisons, in which the oracle has no part", () => {
    const three = [
      ...played("code", "+++++++"),
      ...played("json", "-------"),
      ...played("text", "+++----"),
    ];
    const oracle = ["code", "json"] as const;
    const all = [...three, ...oracle.map((format) => resultOf({ model: "oracle", format }))];
    const found = compareResults(all, "format");
    expect(found.map(({ pValue }) => pValue)).toEqual([
      expect.closeTo(1 / 64, 12),
      expect.closeTo(1 / 8, 12),
      expect.closeTo(1 / 4, 12),
    ]);
    expect(found.map(({ adjustedPValue }) => adjustedPValue)).toEqual([
      expect.closeTo(3 / 64, 12),
      expect.closeTo(1 / 4, 12),
      expect.closeTo(1 / 4, 12),
    ]);
  });

  it("never pairs different models, settings or tries", () => {
    const results = [
      resultOf({ format: "code" }),
      resultOf({ format: "json", model: "other" }),
      resultOf({ format: "json", settings: "max-turns=3" }),
      resultOf({ format: "json", sample: 1 }),
    ];
    expect(compareResults(results, "format")).toEqual([]);
  });
});

describe("bestFormats", () => {
  it("counts sets with several formats, ties for each", () => {
    const row = (set: string, format: string, success: number, turns: number) => ({
      set,
      format,
      success,
      turns,
    });
    const rows = [
      row("a", "code", 0.8, 5),
      row("a", "json", 0.8, 6),
      row("b", "code", 0.5, 7),
      row("b", "json", 0.2, 4),
      row("c", "json", 1, 1),
    ];
    expect(bestFormats(rows)).toEqual([
      { format: "code", bestSuccess: 2, fewestTurns: 1 },
      { format: "json", bestSuccess: 1, fewestTurns: 1 },
    ]);
  });
});

describe("pass@k", () => {
  it("is the unbiased estimate", () => {
    expect(passAtK(10, 3, 1)).toBeCloseTo(0.3, 12);
    expect(passAtK(5, 2, 2)).toBeCloseTo(1 - 3 / 10, 12);
    expect(passAtK(200, 0, 100)).toBe(0);
    expect(passAtK(200, 101, 100)).toBe(1);
    expect(() => passAtK(5, 1, 6)).toThrow(RangeError);
  });

  it("is told for tasks with several tries only", () => {
    const tries = Array.from({ length: 10 }, (_, sample) =>
      resultOf({ sample, success: sample < 3, verdict: sample < 3 ? "correct" : "wrong" }),
    );
    expect(passRates(tries)).toEqual([
      { model: "m", format: "code", settings: "faithful", k: 1, rate: expect.closeTo(0.3, 12) },
      // 1 - C(7, 5) / C(10, 5)
      {
        model: "m",
        format: "code",
        settings: "faithful",
        k: 5,
        rate: expect.closeTo(1 - 21 / 252, 12),
      },
      { model: "m", format: "code", settings: "faithful", k: 10, rate: 1 },
    ]);
    expect(passRates(tries.slice(0, 1))).toEqual([]);
  });
});
