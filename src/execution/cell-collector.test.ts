import { expect, it } from "vitest";
import { createCellCollector } from "./cell-collector.ts";
import type { DoneFrame } from "./kernel-frames.ts";

const done: DoneFrame = {
  ...{ type: "done", id: 1, status: "ok", state: "kept", executionCount: 1 },
  ...{ wallMs: 1, cpuMs: 1, peakMemoryBytes: 1 },
};

it("takes an answer as deep as the kernel writes it, and none that is deeper", () => {
  const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);
  const answerOf = (json: string): unknown => {
    const collector = createCellCollector(undefined);
    collector.answer(json);
    return collector.finish(done, []).answer;
  };
  expect(answerOf('{"a": [1]}')).toEqual({ value: { a: [1] } });
  expect(JSON.stringify(answerOf(nested(101)))).toBe(`{"value":${nested(101)}}`);
  expect(answerOf(nested(100_000))).toBeUndefined();
  expect(answerOf("no JSON")).toBeUndefined();
});
