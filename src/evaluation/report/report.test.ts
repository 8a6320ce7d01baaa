import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { resultOf } from "../../../test/evaluation-result.ts";
import type { BenchmarkTask } from "../benchmark.ts";
import type { Oracle } from "../oracle.ts";
import { playId } from "./play-id.ts";
import type { Provenance } from "../provenance.ts";
import { createReport } from "./report.ts";
import { reportHtml } from "./report-html.ts";
import { reportMarkdown } from "./report-markdown.ts";
import { markdownTable, textTable } from "./text-table.ts";

const hostile = `<script>alert("1")</script>&'`;

describe("tables", () => {
  const table = {
    header: ["name", "n"],
    rows: [
      ["a|b", "1"],
      ["c", "12"],
    ],
  };

  it("put numbers at the right", () => {
    expect(textTable(table)).toBe("name   n\n----  --\na|b    1\nc     12");
  });

  it("break titles and words into lines where the terminal is narrow, then go on below", () => {
    const wide = {
      header: ["model", "format", "success %", "95 %", "turns"],
      rows: [
        ["a-model-of-a-name-of-thirty-four", "code", "53.7", "42.7 to 64.6", "6.02"],
        ["m", "json", "5.0", "1.0 to 9.0", "10.00"],
      ],
    };
    expect(textTable(wide, 120).split("\n")[0]).toBe(
      "model                             format  success %  95 %          turns",
    );
    expect(textTable(wide, 60).split("\n")).toEqual([
      "                                  success",
      "model                     format        %  95 %",
      "------------------------  ------  -------  ------------",
      "a-model-of-a-name-of-thi  code       53.7  42.7 to 64.6",
      "rty-four",
      "m                         json        5.0  1.0 to 9.0",
      "",
      "model                     format  turns",
      "------------------------  ------  -----",
      "a-model-of-a-name-of-thi  code     6.02",
      "rty-four",
      "m                         json    10.00",
    ]);
  });

  it("escape what Markdown would read", () => {
    expect(markdownTable(table)).toBe("| name | n |\n| --- | --: |\n| a\\|b | 1 |\n| c | 12 |");
    expect(markdownTable({ header: ["p"], rows: [["<0.001"], ["<b>1</b>\n2"]] })).toBe(
      "| p |\n| --: |\n| <0.001 |\n| &lt;b>1&lt;/b> 2 |",
    );
  });
});

describe("a report", () => {
  const results = [
    resultOf({ task: "a", model: hostile, group: "g", cost: 0.5 }),
    resultOf({ task: "a", model: hostile, group: "g", format: "json", turns: 6 }),
    resultOf({ task: "b", model: hostile, verdict: "infrastructure", success: false }),
    resultOf({ benchmark: "another" }),
  ];
  const report = createReport("m3tooleval", results);

  it("leaves out what says nothing about the model", () => {
    expect(report.summaries).toMatchObject([
      {
        format: "code",
        tasks: 1,
        successes: 1,
        rate: 1,
        verdicts: { correct: 1, infrastructure: 1 },
      },
      { format: "json", tasks: 1, meanTurns: 6 },
    ]);
  });

  it("has the published numbers, and how often each format was best in them", () => {
    expect(report.published).toHaveLength(54);
    // Table 3 of the paper: code is best for 12 of 17 models; its release has one model more.
    const code = report.publishedBestFormats.find(({ format }) => format === "code");
    expect(code?.bestSuccess).toBeGreaterThanOrEqual(12);
  });

  it("is Markdown with a table for each part", () => {
    const headings = reportMarkdown(report).match(/^## .*$/gm);
    expect(headings).toEqual([
      "## Results",
      "## How tasks ended",
      "## Pair by pair",
      "## Frequency of the best format",
      "## Frequency of the best format, as published",
      "## Published results beside these",
      "## By group",
    ]);
  });

  it("puts ours before the published numbers, and has published marks for faithful grading only", () => {
    const published = createReport("m3tooleval", [
      resultOf({ model: "claude-2" }),
      resultOf({ model: "claude-2", grading: "corrected" }),
    ]);
    const table = reportMarkdown(published).split("## Published results beside these")[1];
    expect(table?.split("\n").slice(4, 8)).toEqual([
      "| model | source | code % | json % | text % | code turns | json turns | text turns |",
      "| --- | --- | --: | --: | --: | --: | --: | --: |",
      "| claude-2 | here, faithful, 1 task | 100.0 | - | - | 2.0 | - | - |",
      "| claude-2 | published | 54.9 | 39.0 | 29.3 | 7.2 | 8.3 | 8.5 |",
    ]);
    expect(table?.split("\n")[8]).toBe(
      "| claude-2 | here, corrected, 1 task | 100.0 | - | - | 2.0 | - | - |",
    );
    expect(table?.match(/claude-2 \| published/g)).toHaveLength(1);
    expect(reportHtml(published).match(/class="published"/g)).toHaveLength(2);
  });

  it("finds what was published of a model whoever serves it, for runs by the benchmark's own rules", () => {
    const marks = (changes: Parameters<typeof resultOf>[0]): number => {
      const page = reportHtml(createReport("m3tooleval", [resultOf(changes)]));
      return page.match(/class="published"/g)?.length ?? 0;
    };
    expect(marks({ model: "meta-llama/Llama-2-7b-chat-hf" })).toBe(2);
    expect(marks({ model: "gpt-4-0613" })).toBe(2);
    expect(marks({ model: "gpt-4" })).toBe(0);
    expect(marks({ model: "gpt-4-0613", settings: "maxTurns=3" })).toBe(0);
  });

  it("compares formats by the tasks that were played in all of them, and no oracle", () => {
    const played = (format: "code" | "json", task: string, success: boolean) =>
      resultOf({ format, task, success, verdict: success ? "correct" : "wrong" });
    const { bestFormats } = createReport("m3tooleval", [
      played("code", "a", true),
      played("json", "a", false),
      // Not played with JSON yet: code must not lose by them.
      played("code", "b", false),
      played("code", "c", false),
      resultOf({ model: "oracle" }),
      resultOf({ model: "oracle", format: "json" }),
    ]);
    expect(bestFormats.map(({ format, bestSuccess }) => [format, bestSuccess])).toEqual([
      ["code", 1],
      ["json", 0],
    ]);
  });

  it("says how many tasks can be solved, and why the others can't", () => {
    const task = (id: string, oracle: Oracle, fault?: string): BenchmarkTask => ({
      id,
      ...(fault !== undefined && { fault }),
      play: () => {
        throw new Error("is not played");
      },
      oracle: ({ format }) => (format === "json" ? { replies: [] } : oracle),
    });
    const tasks = [
      task("a", { replies: [] }),
      task("b", { impossible: "No list is read." }),
      task("c", { impossible: "Broken." }, "Broken."),
    ];
    const { ceilings, unsolvable } = createReport(
      "own",
      [
        resultOf({ benchmark: "own" }),
        resultOf({ benchmark: "own", format: "json" }),
        resultOf({ benchmark: "own", format: "text" }),
        resultOf({ benchmark: "own", grading: "corrected" }),
      ],
      tasks,
    );
    expect(ceilings).toEqual([
      { format: "code", grading: "faithful", tasks: 3, solvable: 1 },
      { format: "json", grading: "faithful", tasks: 3, solvable: 3 },
      { format: "text", grading: "faithful", tasks: 3, solvable: 1 },
      { format: "code", grading: "corrected", tasks: 2, solvable: 1 },
    ]);
    expect(unsolvable).toContainEqual({
      task: "b",
      formats: ["code", "text"],
      grading: "faithful",
      reason: "No list is read.",
      isLeftOut: false,
    });
    expect(unsolvable).toContainEqual({
      task: "c",
      formats: ["code"],
      grading: "corrected",
      reason: "Broken.",
      isLeftOut: true,
    });
    expect(createReport("own", [resultOf({ benchmark: "own" })]).ceilings).toEqual([]);
  });

  it("draws costs only where all are known: nothing looks free that is not", () => {
    const paid = resultOf({ benchmark: "own", cost: 0.5 });
    const unknown = resultOf({ benchmark: "own", model: "other" });
    const free = resultOf({ benchmark: "own", model: "other", cost: 0 });
    expect(reportHtml(createReport("own", [paid, free]))).toContain(">$0.50</text>");
    const partly = reportHtml(createReport("own", [paid, unknown]));
    expect(partly).toContain("<h2>Tokens of a play</h2>");
    expect(partly).not.toContain("$0.00");
    const later = resultOf({ benchmark: "own", task: "u", cost: 0.25 });
    const mixed = createReport("own", [resultOf({ benchmark: "own" }), later]);
    expect(mixed.summaries[0]).toMatchObject({ cost: 0.25, isCostPartial: true });
    expect(mixed.summaries[0]?.meanCost).toBeUndefined();
    expect(reportMarkdown(mixed)).toContain("≥$0.25");
    expect(reportHtml(mixed)).toContain("<h2>Tokens of a play</h2>");
  });

  it("says when and with what results were made, and warns where one run mixes it", () => {
    const made = (task: string, startedAt: string, changes: Partial<Provenance> = {}) =>
      resultOf({
        benchmark: "own",
        task,
        provenance: { startedAt, codeact: "0.1.0", python: "3.11.7", runtime: "bare", ...changes },
      });
    const pure = createReport("own", [
      made("a", "2026-11-21T23:00:00.000Z"),
      made("b", "2026-11-20T01:00:00.000Z"),
      resultOf({ benchmark: "own", task: "c" }),
    ]);
    expect(reportMarkdown(pure)).toContain(
      "Played 2026-11-20 to 2026-11-21 with codeact 0.1.0, Python 3.11.7, runtime bare.\n",
    );
    const mixed = createReport("own", [
      made("a", "2026-11-20T01:00:00.000Z", { provider: "server", codeact: "0.2.0" }),
      made("b", "2026-11-20T01:00:00.000Z", { provider: "groq" }),
    ]);
    expect(mixed.provenance).toEqual({
      first: "2026-11-20T01:00:00.000Z",
      last: "2026-11-20T01:00:00.000Z",
      codeact: ["0.1.0", "0.2.0"],
      python: ["3.11.7"],
      runtime: ["bare"],
      provider: ["groq", "server"],
      mixed: ["codeact", "provider"],
    });
    expect(reportMarkdown(mixed)).toContain(
      "One run mixes services that call their models alike (groq, server)",
    );
    expect(createReport("own", [resultOf({ benchmark: "own" })]).provenance).toBeUndefined();
  });

  it("has no field that its documentation does not name", () => {
    const documentation = readFileSync("docs/evaluation/report.md", "utf8");
    const full = createReport("m3tooleval", [
      resultOf({ group: "g", sample: 1, cost: 1 }),
      resultOf({ group: "g" }),
      resultOf({ format: "json", success: false, verdict: "wrong" }),
    ]);
    const parts = [full, ...full.summaries, ...full.comparisons];
    const names = new Set(parts.flatMap((part) => Object.keys(part)));
    expect([...names].filter((name) => !documentation.includes(`\`${name}\``))).toEqual([]);
    expect(full.comparisons).toHaveLength(1);
  });

  it("is the same whichever task was done first", () => {
    const tasks = ["x", "y"].map((id) => ({ id, play: () => expect.unreachable() }));
    const own = (task: string, group: string, sample = 0) =>
      resultOf({ benchmark: "own", task, group, sample });
    const [x, y, z] = [own("x", "g"), own("y", "h"), own("z", "i")];
    const one = createReport("own", [x, own("x", "g", 1), y, z], tasks);
    const other = createReport("own", [z, y, own("x", "g", 1), x], tasks);
    expect(other).toEqual(one);
    expect(one.summaries[0]?.groups.map(({ group }) => group)).toEqual(["g", "h", "i"]);
  });

  it("shows scores and tries where there are some", () => {
    const markdown = reportMarkdown(
      createReport("own", [
        resultOf({ benchmark: "own", score: 7 }),
        resultOf({ benchmark: "own", score: 8, sample: 1 }),
        resultOf({ benchmark: "own", score: 3, task: "u", success: false, verdict: "wrong" }),
      ]),
    );
    const [header, , row] = markdown.split("\n").filter((line) => line.startsWith("|"));
    expect(header).toMatch(/\| tasks \| plays \| success % \| 95 % \| score \| 95 % of score \|/);
    expect(row).toMatch(/\| 2 \| 3 \| 66\.7 \| 0\.0 to 100\.0 \| 6\.00 \| 3\.00 to 7\.50 \|/);
  });

  it("tells code that does not compile from replies that can't be read", () => {
    const own = (format: "code" | "json", malformed: number, syntaxErrors: number) =>
      resultOf({ benchmark: "own", format, turns: 10, malformed, syntaxErrors });
    const report = createReport("own", [own("code", 1, 3), own("json", 4, 0)]);
    expect(report.summaries).toMatchObject([
      { malformedShare: 0.1, syntaxErrorShare: 0.3 },
      { malformedShare: 0.4, syntaxErrorShare: 0 },
    ]);
    const markdown = reportMarkdown(report);
    expect(markdown).toMatch(/turns \| bad replies % \| syntax errors % \| failed cells %/);
    expect(markdown).not.toContain("cost");
  });

  it("warns of plays without a result", () => {
    const markdown = reportMarkdown(
      createReport("own", [
        resultOf({ benchmark: "own" }),
        resultOf({ benchmark: "own", task: "u", verdict: "model error", success: false }),
      ]),
    );
    expect(markdown).toContain("1 play has no result yet");
    expect(markdown).toMatch(/\| m \| code \| 1 \| 100\.0 \|/);
  });

  it("says once what is the same for all, and each time what is not", () => {
    const own = (settings: string) => resultOf({ benchmark: "own", settings, group: "g" });
    const alike = reportMarkdown(createReport("own", [own("temperature=1")]));
    expect(alike).toContain("Grading and settings of all: faithful temperature=1.");
    expect(alike).not.toContain("| settings |");
    const different = reportMarkdown(createReport("own", [own("temperature=1"), own("")]));
    expect(different).toContain("| m | code | faithful temperature=1 | 1 |");
  });

  it("tells runs apart in plots by their settings, and long names by both of their ends", () => {
    const model = `org/${"long-".repeat(20)}name-8b`;
    const own = (settings: string) => resultOf({ benchmark: "own", model, settings });
    const html = reportHtml(createReport("own", [own("seed=1"), own("seed=2")]));
    const plot = /<svg.*?<\/svg>/.exec(html)?.[0] ?? "";
    expect(plot.match(/class="group">[^<]*/g)).toEqual(
      Array.from(
        { length: 2 },
        () => 'class="group">org/long-long-long-long-l…ng-long-long-long-name-8b',
      ),
    );
    expect(plot.match(/class="tell">[^<]*/g)).toEqual([
      'class="tell">faithful seed=1',
      'class="tell">faithful seed=2',
    ]);
  });

  it("puts the formats of a group side by side", () => {
    const own = (format: "code" | "json", group: string, task: string) =>
      resultOf({ benchmark: "own", format, group, task });
    const markdown = reportMarkdown(
      createReport("own", [own("code", "g", "a"), own("code", "g", "b"), own("json", "g", "a")]),
    );
    expect(markdown.split("## By group\n\n")[1]?.trimEnd().split("\n")).toEqual([
      "| model | group | tasks | code % | json % | code turns | json turns |",
      "| --- | --- | --- | --: | --: | --: | --: |",
      "| m | g | 1 to 2 | 100.0 | 100.0 | 2.00 | 2.00 |",
    ]);
  });

  it("leads from a task to its play, and from an end to all plays that ended so", () => {
    const failed = resultOf({ model: "a b", success: false, verdict: "turn limit" });
    const html = reportHtml(createReport("m3tooleval", [failed]), {
      trajectories: "trajectories.html",
      results: [failed],
    });
    expect(html).toContain(
      `<td><a class="no" href="trajectories.html#play=${playId(failed)}" title="turn limit">✗</a></td>`,
    );
    expect(html).toContain(
      `<a href="trajectories.html#model=a+b&amp;format=code&amp;settings=faithful&amp;end=turn+limit">1</a>`,
    );
  });

  it("counts tries of a task in one cell, and tells what has no result", () => {
    const tried = (sample: number, success: boolean) =>
      resultOf({ sample, success, verdict: success ? "correct" : "wrong" });
    const results = [
      tried(0, true),
      tried(1, false),
      resultOf({ task: "u", verdict: "infrastructure", success: false }),
    ];
    const html = reportHtml(createReport("m3tooleval", results), { results });
    expect(html).toContain(`<td>t</td><td><a class="no" title="wrong">1/2</a></td>`);
    expect(html).toContain(`<td>u</td><td><a class="none" title="infrastructure">!</a></td>`);
  });

  it("is a page that loads nothing and runs nothing of a model's", () => {
    const html = reportHtml(report, { trajectories: "trajectories.html", results });
    expect(html).toContain(
      `<meta http-equiv="Content-Security-Policy" content="default-src 'none'`,
    );
    expect(html).not.toContain("<script");
    expect(html).not.toMatch(/\b(?:src|href)="(?!trajectories\.html["#])/);
    expect(html).toContain("&lt;script&gt;");
    expect(html.match(/<svg/g)).toHaveLength(4);
  });
});
