import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import type { Outcome, Output } from "../../execution/outcome.ts";
import type { AgentEvent } from "../events.ts";
import type { ExportedConversation } from "./conversation.ts";
import { exportMarkdown } from "./export-markdown.ts";
import { exportNotebook } from "./export-notebook.ts";

const png = "iVBORw0KGgo=";
/** A Python with nbformat, nbclient and ipykernel. */
const jupyter = process.env["CODEACT_JUPYTER"];

function cell(
  code: string,
  outputs: readonly Output[],
  status: Outcome["status"] = "ok",
): readonly AgentEvent[] {
  const outcome: Outcome = {
    status,
    outputs,
    late: [],
    state: "kept",
    executionCount: 1,
    wallMs: 1,
    cpuMs: 1,
    peakMemoryBytes: 1,
  };
  return [
    { type: "code-complete", turn: 1, code },
    { type: "cell-start", turn: 1, code },
    ...outputs.map((output): AgentEvent => ({ type: "output", turn: 1, output })),
    { type: "cell-end", turn: 1, outcome },
  ];
}

const conversation: ExportedConversation = {
  title: "Add numbers",
  models: ["gpt-5-mini"],
  pythonVersion: "3.12.1",
  exchanges: [
    {
      task: "Add numbers\nplease",
      events: [
        { type: "run-start", task: "Add numbers", modelId: "gpt-5-mini" },
        { type: "text-delta", turn: 1, text: "I " },
        { type: "text-delta", turn: 1, text: "add.\n" },
        { type: "code-delta", turn: 1, text: "x = 1" },
        ...cell("x = 1\nprint(x)\nx + 1", [
          { type: "stream", name: "stdout", text: "1" },
          { type: "stream", name: "stdout", text: "\n" },
          { type: "value", data: { "text/plain": "2" } },
        ]),
        ...cell(
          "1 / 0",
          [
            {
              type: "error",
              error: {
                name: "ZeroDivisionError",
                message: "division by zero",
                traceback: "Traceback\nZeroDivisionError: division by zero\n",
                frames: [],
              },
            },
          ],
          "error",
        ),
        ...cell(
          "while True: pass",
          [
            { type: "display", data: { "image/png": png, "text/plain": "<Figure>" } },
            { type: "display", data: { "application/json": '{"a": 1}' }, displayId: "d" },
            {
              type: "display",
              data: { "application/json": '{"a": 2}' },
              displayId: "d",
              update: true,
            },
          ],
          "timeout",
        ),
        { type: "text-delta", turn: 2, text: "It is ```2```." },
      ],
    },
  ],
};

describe("a notebook", () => {
  it("holds prose, code and outputs as nbformat 4.5 says", () => {
    const notebook = JSON.parse(exportNotebook(conversation)) as {
      readonly cells: readonly Record<string, unknown>[];
    };
    expect(notebook).toMatchObject({ nbformat: 4, nbformat_minor: 5 });
    const ids = notebook.cells.map((each) => each["id"]);
    expect(new Set(ids).size).toBe(ids.length);
    expect(notebook.cells.map(({ id: _id, metadata: _metadata, ...rest }) => rest)).toEqual([
      {
        cell_type: "markdown",
        source: ["# Add numbers\n", "\n", "*Made with codeact; model: gpt-5-mini.*"],
      },
      { cell_type: "markdown", source: ["> **You**\n", ">\n", "> Add numbers\n", "> please"] },
      { cell_type: "markdown", source: ["I add."] },
      {
        cell_type: "code",
        execution_count: 1,
        source: ["x = 1\n", "print(x)\n", "x + 1"],
        outputs: [
          { output_type: "stream", name: "stdout", text: ["1\n"] },
          {
            output_type: "execute_result",
            execution_count: 1,
            data: { "text/plain": ["2"] },
            metadata: {},
          },
        ],
      },
      {
        cell_type: "code",
        execution_count: 2,
        source: ["1 / 0"],
        outputs: [
          {
            output_type: "error",
            ename: "ZeroDivisionError",
            evalue: "division by zero",
            traceback: ["Traceback", "ZeroDivisionError: division by zero"],
          },
        ],
      },
      {
        cell_type: "code",
        execution_count: 3,
        source: ["while True: pass"],
        outputs: [
          {
            output_type: "display_data",
            data: { "image/png": png, "text/plain": ["<Figure>"] },
            metadata: {},
          },
          { output_type: "display_data", data: { "application/json": { a: 2 } }, metadata: {} },
          { output_type: "stream", name: "stderr", text: ["[Stopped at its time limit.]\n"] },
        ],
      },
      { cell_type: "markdown", source: ["It is ```2```."] },
    ]);
    expect(notebook.cells.map((each) => each["metadata"])).toEqual([
      {},
      {},
      {},
      {},
      { tags: ["raises-exception"] },
      { tags: ["skip-execution"] },
      {},
    ]);
  });

  it.skipIf(jupyter === undefined)(
    "is valid and runs again in Jupyter (needs CODEACT_JUPYTER)",
    async () => {
      const folder = mkdtempSync(join(tmpdir(), "codeact-notebook-"));
      try {
        writeFileSync(join(folder, "it.ipynb"), exportNotebook(conversation));
        const script = `
import nbformat
from nbclient import NotebookClient
notebook = nbformat.read("it.ipynb", as_version=4)
nbformat.validate(notebook)
NotebookClient(notebook, timeout=60).execute()
print([[o.output_type for o in c.outputs] for c in notebook.cells if c.cell_type == "code"])`;
        const run = promisify(execFile);
        const { stdout } = await run(jupyter ?? "", ["-c", script], { cwd: folder });
        expect(stdout.trim()).toBe(
          "[['stream', 'execute_result'], ['error'], ['display_data', 'display_data', 'stream']]",
        );
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
    120_000,
  );
});

describe("Markdown", () => {
  it("shows code and output in fences and pictures as files", () => {
    const { text, pictures } = exportMarkdown(conversation, "it-files");
    expect(text).toBe(
      [
        "# Add numbers",
        "*Made with codeact; model: gpt-5-mini.*",
        "## You",
        "Add numbers\nplease",
        "## codeact",
        "I add.",
        "```python\nx = 1\nprint(x)\nx + 1\n```",
        "```\n1\n```",
        "```\n2\n```",
        "```python\n1 / 0\n```",
        "```\nTraceback\nZeroDivisionError: division by zero\n```",
        "```python\nwhile True: pass\n```",
        "![plot 1](it-files/plot-1.png)",
        "*Stopped at its time limit.*",
        "It is ```2```.\n",
      ].join("\n\n"),
    );
    expect(pictures).toEqual([{ path: "it-files/plot-1.png", data: Buffer.from(png, "base64") }]);
  });
});
