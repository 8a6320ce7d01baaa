import { expect, it } from "vitest";
import type { Outcome } from "../../execution/outcome.ts";
import { createMarkdownWriter } from "./markdown-writer.ts";

const ok: Outcome = {
  status: "ok",
  outputs: [],
  late: [],
  state: "kept",
  executionCount: 1,
  wallMs: 1,
  cpuMs: 1,
  peakMemoryBytes: 1,
};
const printed = (text: string) => ({ type: "stream", name: "stdout", text }) as const;

it("writes prose, code and outputs while they come, each a block of its own", () => {
  const writer = createMarkdownWriter();
  const pieces = [
    writer.prose("I look"),
    writer.prose(".\n"),
    writer.code("x = 1\n"),
    writer.code("x"),
    writer.startCell("x = 1\nx"),
    writer.output(printed("one\ntw")),
    writer.output(printed("o\n")),
    writer.output({ type: "value", data: { "text/plain": "1" } }),
    writer.output({ type: "display", data: { "image/png": "aWJt", "text/plain": "<Figure>" } }),
    writer.output({ type: "display", data: { "image/png": "aWJt" } }),
    writer.endCell(ok),
    writer.prose("\n"),
    writer.prose("One."),
  ];
  expect(pieces).toEqual([
    "I look",
    ".\n",
    "\n```python\nx = 1\n",
    "x",
    "\n```\n",
    "\n```text\none\n",
    "two\n",
    "1\n",
    "```\n\n![image/png figure](data:image/png;base64,aWJt)\n",
    "\n![image/png figure](data:image/png;base64,aWJt)\n",
    "",
    "",
    "\nOne.",
  ]);
});

it("shows the code of a cell that did not stream, and how the cell ended", () => {
  const writer = createMarkdownWriter();
  const shown = [
    writer.startCell("spin()"),
    writer.output(printed("50 %\r99 %")),
    writer.endCell({ ...ok, status: "timeout", wallMs: 2000 }),
    writer.prose("Too slow."),
  ];
  expect(shown.join("")).toBe(
    "```python\nspin()\n```\n\n```text\n99 %\n```\n\n_The code was stopped after 2.0 s because it took too long; the variables are as the code left them._\n\nToo slow.",
  );
});

it("lets no output end its fence, and shortens long ones", () => {
  const writer = createMarkdownWriter();
  const shown = [
    writer.startCell("1"),
    writer.output(printed("```\n![out](http://example.org)\n")),
    writer.output(printed(`${"x".repeat(5_000)}\n`)),
    writer.endCell(ok),
  ].join("");
  expect(shown).toContain("```text\n    ```\n![out](http://example.org)\nxxx");
  expect(shown).toMatch(/xxx\n\[1032 more characters\]\n```\n$/);
});
