import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { createEvaluationProgress, progressText } from "./evaluation-progress.ts";

const half = { done: 41, failed: 0, total: 82, successes: 20, cost: 0.125, leftMs: 360_000 };

describe("progressText", () => {
  it.each([
    [
      Infinity,
      "m3tooleval (code) ██████████░░░░░░░░░░ 41/82 tasks, 48.8 % solved, $0.13, 6 min left",
    ],
    [79, "m3tooleval (code) ████████░░░░░░░ 41/82 tasks, 48.8 % solved, $0.13, 6 min left"],
    [66, "m3tooleval (code) 41/82 tasks, 48.8 % solved, $0.13, 6 min left"],
    [53, "m3tooleval (code) 41/82, 48.8 %, $0.13, 6 min left"],
    [46, "41/82 tasks, 48.8 % solved, $0.13, 6 min left"],
    [39, "41/82, 48.8 %, $0.13, 6 min left"],
  ])("in %d columns", (width, expected) => {
    expect(progressText("m3tooleval (code)", half, width)).toBe(expected);
  });

  it("tells nothing that is not known yet", () => {
    const start = { done: 0, failed: 0, total: 82, successes: 0, cost: 0, leftMs: undefined };
    expect(progressText("t", start)).toBe("t ░░░░░░░░░░░░░░░░░░░░ 0/82 tasks");
    const end = { ...half, done: 82, leftMs: 0 };
    expect(progressText("t", end)).toBe("t ████████████████████ 82/82 tasks, 24.4 % solved, $0.13");
  });

  it("counts only the plays that the service did not fail", () => {
    const progress = { ...half, done: 4, failed: 1, total: 8, successes: 3, cost: 0 };
    expect(progressText("t", progress)).toBe(
      "t ██████████░░░░░░░░░░ 4/8 tasks, 100.0 % solved, 1 failed, 6 min left",
    );
    expect(progressText("t", { ...progress, done: 1, successes: 0 })).toBe(
      "t ███░░░░░░░░░░░░░░░░░ 1/8 tasks, 1 failed, 6 min left",
    );
  });
});

describe("createEvaluationProgress", () => {
  const at = (done: number) => ({ ...half, done, cost: 0, leftMs: 1_000 });

  it("changes one line on a terminal, and removes it", () => {
    const terminal = Object.assign(new PassThrough(), { isTTY: true, columns: 40 });
    const progress = createEvaluationProgress(terminal, "m3tooleval (code)");
    progress.update(at(40));
    progress.update(at(41));
    progress.end();
    const clear = "\r\u001b[K";
    expect(String(terminal.read())).toBe(
      `40/82 tasks, 50.0 % solved, 1 s left${clear}41/82 tasks, 48.8 % solved, 1 s left${clear}`,
    );
  });

  it("writes a whole line every ten seconds elsewhere, and the last one", () => {
    const stream = new PassThrough();
    let now = 0;
    const progress = createEvaluationProgress(stream, "t", () => now);
    for (const [seconds, done] of [
      [0, 20],
      [9, 30],
      [10, 41],
      [11, 82],
    ] as const) {
      now = seconds * 1_000;
      progress.update(at(done));
    }
    progress.end();
    expect(String(stream.read())).toBe(
      [
        "t █████░░░░░░░░░░░░░░░ 20/82 tasks, 100.0 % solved, 1 s left",
        "t ██████████░░░░░░░░░░ 41/82 tasks, 48.8 % solved, 1 s left",
        "t ████████████████████ 82/82 tasks, 24.4 % solved",
        "",
      ].join("\n"),
    );
  });
});
