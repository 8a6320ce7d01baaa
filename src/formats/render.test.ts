import { describe, expect, it } from "vitest";
import type { CellError, Outcome } from "../execution/outcome.ts";
import type { ContentPart } from "../models/model.ts";
import { renderCallResult } from "./render-call.ts";
import { renderObservation } from "./render.ts";

function outcome(changes: Partial<Outcome>): Outcome {
  return {
    status: "ok",
    outputs: [],
    late: [],
    state: "kept",
    executionCount: 1,
    wallMs: 1234,
    cpuMs: 1,
    peakMemoryBytes: 1,
    ...changes,
  };
}

const png =
  "iVBORw0KGgoAAAANSUhEUgAAAoAAAAHgCAYAAAA10dzkAAAADUlEQVR4nGP4z8DwHwAFAAH/e+m+7wAAAABJRU5ErkJggg==";
const error: CellError = {
  name: "ValueError",
  message: "no",
  traceback: "Traceback:\n----> 1 f(\u001b[31m1\u001b[0m)\nValueError: no\n",
  frames: [],
};
const stdout = (text: string) => ({ type: "stream", name: "stdout", text }) as const;
const stderr = (text: string) => ({ type: "stream", name: "stderr", text }) as const;

function render(changes: Partial<Outcome>, maxCharacters = 10_000, images = false) {
  return renderObservation(outcome(changes), { maxCharacters, images });
}

function text(parts: readonly ContentPart[]): string {
  expect(parts.map((part) => part.type)).toEqual(["text"]);
  return parts[0]?.type === "text" ? parts[0].text : "";
}

describe("renderObservation", () => {
  it("joins streams and puts values and errors on lines of their own", () => {
    const outputs = [
      stdout("a"),
      stderr("b"),
      { type: "value", data: { "text/plain": "3", "text/html": "<b>3</b>" } } as const,
      { type: "error", error } as const,
    ];
    expect(text(render({ status: "error", outputs, error }))).toBe(
      "Execution Output:\nab\n3\nTraceback:\n----> 1 f(1)\nValueError: no",
    );
  });

  it("says so when there is no output", () => {
    expect(text(render({ outputs: [stdout("\n")] }))).toBe(
      "Execution Output:\n[Code executed successfully with no output]",
    );
  });

  it("sends pictures to models that see them", () => {
    const outputs = [
      stdout("before\n"),
      { type: "display", data: { "image/png": png, "text/plain": "<Figure>" } } as const,
      stdout("after"),
    ];
    expect(render({ outputs }, 1000, true)).toEqual([
      { type: "text", text: "Execution Output:\nbefore" },
      { type: "image", mediaType: "image/png", data: png },
      { type: "text", text: "after" },
    ]);
    expect(text(render({ outputs }))).toBe(
      "Execution Output:\nbefore\n[image/png figure, 640x480]\nafter",
    );
  });

  it("tells models that see no pictures what they show", () => {
    const data = { "image/png": png, "text/vnd.codeact.description": "'Sales',\n x: Year" };
    expect(text(render({ outputs: [{ type: "display", data }] }))).toBe(
      "Execution Output:\n[image/png figure, 640x480: 'Sales', x: Year]",
    );
  });

  it("prefers Markdown to the default text of an object", () => {
    const data = { "text/plain": "<a.B object at 0x7f00>", "text/markdown": "# Title" };
    expect(text(render({ outputs: [{ type: "value", data }] }))).toBe("Execution Output:\n# Title");
  });

  it("shows an updated display once", () => {
    const outputs = [
      { type: "display", data: { "text/plain": "1 %" }, displayId: "p" } as const,
      stdout("x\n"),
      { type: "display", data: { "text/plain": "100 %" }, displayId: "p", update: true } as const,
    ];
    expect(text(render({ outputs }))).toBe("Execution Output:\n100 %\nx");
  });

  it("keeps the last state of a progress bar", () => {
    const outputs = [
      stderr("\r 0%"),
      stderr("\r 50%\u001b[K"),
      stderr("\r100%\n"),
      stdout("ok\r\n"),
    ];
    expect(text(render({ outputs }))).toBe("Execution Output:\n100%\nok");
  });

  it("labels what earlier code wrote", () => {
    expect(text(render({ late: [stdout("tick\n")], outputs: [stdout("now")] }))).toBe(
      "Execution Output:\n[Output that earlier code wrote in the meantime]\ntick\nnow",
    );
  });

  it.each([
    [{ status: "timeout", state: "kept" }, /stopped after 1\.2 s .* as the code left them/],
    [
      { status: "interrupted", state: "rolled-back" },
      /interrupted after 1\.2 s; .* before this code/,
    ],
    [
      { status: "crashed", state: "lost", crash: { reason: "signal", signal: "SIGSEGV" } },
      /killed by SIGSEGV; variables are lost, those of the last cells or all/,
    ],
    [
      { status: "crashed", state: "rolled-back", crash: { reason: "memory" } },
      /more memory than it may; the variables are back/,
    ],
    [{ status: "crashed", state: "lost", crash: { reason: "exit", exitCode: 3 } }, /exit code 3/],
  ] as const)("tells how %j ended", (changes, note) => {
    expect(text(render(changes))).toMatch(note);
  });

  it("leaves out the middle at line boundaries and says how much", () => {
    const lines = Array.from({ length: 1000 }, (_, index) => `line ${index}\n`).join("");
    const shown = text(render({ outputs: [stdout(lines)] }, 200));
    expect(shown).toMatch(
      /^Execution Output:\nline 0\n(line \d+\n)+\[\.\.\. \d+ characters in \d+ lines left out: print\(cell_output\(1\)\[94:274\]\) shows more \.\.\.\]\n(line \d+\n)+line 999$/,
    );
    expect(shown.length).toBeLessThan(320);
  });

  it("names no code to models that write none", () => {
    const cell = outcome({ outputs: [stdout("x".repeat(1000))] });
    const shown = text(renderCallResult(cell, { maxCharacters: 100, images: false }));
    expect(shown).toContain("\n[... 900 characters left out ...]\n");
  });

  it("counts exactly what it leaves out", () => {
    const shown = text(render({ outputs: [stdout("x".repeat(1000))] }, 100));
    expect(shown).toBe(
      `Execution Output:\n${"x".repeat(50)}\n[... 900 characters left out: print(cell_output(1)[50:150]) shows more ...]\n${"x".repeat(50)}`,
    );
  });

  it("keeps the traceback whole when the output before it is long", () => {
    const outputs = [stdout("y".repeat(100_000)), { type: "error", error } as const];
    const shown = text(render({ status: "error", outputs, error }, 300));
    expect(shown).toMatch(/left out[^]*Traceback:\n----> 1 f\(1\)\nValueError: no$/);
    expect(shown.length).toBeLessThan(480);
  });

  it("keeps short outputs whole beside a long one", () => {
    const outputs = [
      stdout("z".repeat(10_000)),
      { type: "value", data: { "text/plain": "the value" } } as const,
    ];
    expect(text(render({ outputs }, 200))).toMatch(/left out[^]*\nthe value$/);
  });

  it("never cuts a character in two", () => {
    const shown = text(render({ outputs: [stdout("😀".repeat(500))] }, 101));
    expect(shown.isWellFormed()).toBe(true);
  });
});
