import { describe, expect, it } from "vitest";
import { resultOf } from "../../../test/evaluation-result.ts";
import type { Trajectory } from "../trajectory.ts";
import { createReport } from "./report.ts";
import { reportHtml } from "./report-html.ts";
import { reportMarkdown } from "./report-markdown.ts";
import { markdownTable, textTable } from "./text-table.ts";
import { trajectoriesHtml } from "./trajectory-html.ts";

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

  it("escape what Markdown would read", () => {
    expect(markdownTable(table)).toBe("| name | n |\n| --- | --: |\n| a\\|b | 1 |\n| c | 12 |");
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
      "## By group",
      "## Pair by pair",
      "## Frequency of the best format",
      "## Frequency of the best format, as published",
      "## Published results",
    ]);
  });

  it("is a page that loads nothing and runs nothing of a model's", () => {
    const html = reportHtml(report, "trajectories.html");
    expect(html).toContain(
      `<meta http-equiv="Content-Security-Policy" content="default-src 'none'`,
    );
    expect(html).not.toContain("<script");
    expect(html).not.toMatch(/\b(?:src|href)="(?!trajectories\.html")/);
    expect(html).toContain("&lt;script&gt;");
    expect(html.match(/<svg/g)).toHaveLength(4);
  });
});

describe("the page of trajectories", () => {
  it("escapes everything and shows pictures only where they are some", () => {
    const trajectory: Trajectory = {
      ...resultOf({ task: hostile, model: hostile, answer: hostile, reason: hostile }),
      messages: [
        { role: "system", content: [{ type: "text", text: hostile }] },
        {
          role: "user",
          content: [
            { type: "image", mediaType: "image/png", data: "aGk=" },
            { type: "image", mediaType: `image/png" onerror="x`, data: "aGk=" },
            { type: "image", mediaType: "image/svg+xml", data: "aGk=" },
          ],
        },
        {
          role: "assistant",
          content: [{ type: "tool-call", id: "1", name: hostile, arguments: hostile }],
        },
      ],
      events: [{ type: "reply-malformed", turn: 1, reason: hostile }],
    };
    const html = trajectoriesHtml(hostile, [trajectory]);
    expect(html.match(/<script>/g)).toHaveLength(1);
    expect(html).not.toContain('alert("1")');
    expect(html.match(/<img /g)).toHaveLength(1);
    expect(html).not.toContain('onerror="');
    expect(html).toContain("could not be read");
    expect(html).toMatch(/script-src 'sha256-[\w+/]+=*'/);
  });
});
