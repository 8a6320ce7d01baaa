import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { playId } from "../src/evaluation/report/play-id.ts";
import { createReport } from "../src/evaluation/report/report.ts";
import { writeReports } from "../src/evaluation/report/write-reports.ts";
import type { Trajectory } from "../src/evaluation/trajectory.ts";
import { chromium, openBrowserPage, type BrowserPage } from "./chromium.ts";
import { resultOf } from "./evaluation-result.ts";

const hostile = `</pre></script><script>document.title = "owned"</script><img src=x onerror="document.title = 'owned'">`;

/** 250 plays of each format, of which every tenth fails; the text of each names it. */
const trajectories = (["code", "json"] as const).flatMap((format) =>
  Array.from({ length: 250 }, (_, index): Trajectory => {
    const success = index % 10 > 0;
    const said = `${format} ${index} says ${index === 77 ? "Zürich 漢字" : "nothing"}. ${hostile}`;
    return {
      ...resultOf({
        task: `${index}`,
        format,
        group: index < 100 ? "early" : "late",
        success,
        verdict: success ? "correct" : "turn limit",
      }),
      messages: [
        { role: "user", content: [{ type: "text", text: "The task." }] },
        { role: "assistant", content: [{ type: "text", text: said }] },
      ],
      events: [{ type: "turn-start", turn: 1 }],
    };
  }),
);

describe.skipIf(chromium === undefined)("the pages of a report (needs Chromium)", () => {
  let folder: string;
  let page: BrowserPage;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "codeact-pages-"));
    writeReports(folder, createReport("m3tooleval", trajectories), trajectories);
    page = await openBrowserPage(chromium!);
  });
  afterAll(async () => {
    await page?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  const address = (name: string): string => `${pathToFileURL(folder).href}/${name}`;
  const count = () => page.evaluate(`document.getElementById("count").textContent`);
  const opened = `[...document.querySelectorAll("details.trajectory[open] pre")].map((pre) => pre.textContent)`;
  const choose = (label: string, value: string) =>
    page.evaluate(`(() => {
      const labels = [...document.querySelectorAll("label")];
      const field = labels.find(({ textContent }) => textContent.startsWith(${JSON.stringify(label)})).lastElementChild;
      field.value = ${JSON.stringify(value)};
      field.dispatchEvent(new Event(field.tagName === "SELECT" ? "change" : "input"));
    })()`);

  it("lead from a failed task to its play", async () => {
    await page.open(address("report.html"));
    expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    const failed = trajectories.find(({ task, format }) => task === "30" && format === "json")!;
    const link = `.matrix a[href$="${playId(failed)}"]`;
    expect(await page.evaluate(`document.querySelector(${JSON.stringify(link)}).className`)).toBe(
      "no",
    );
    await page.open(address(`trajectories.html#play=${playId(failed)}`));
    expect(await count()).toBe("1 of 500 plays, 0 solved");
    await expect
      .poll(() => page.evaluate(opened))
      .toEqual(["The task.", `json 30 says nothing. ${hostile}`]);
    await page.evaluate(`document.getElementById("all").click()`);
    expect(await count()).toBe("500 of 500 plays, 450 solved");
  });

  it("choose plays, keep the choice in the address, and show more of them", async () => {
    await page.open(address("trajectories.html?"));
    await choose("Format", "json");
    await choose("Group", "late");
    expect(await count()).toBe("150 of 500 plays, 135 solved");
    await choose("End", "!");
    expect(await count()).toBe("15 of 500 plays, 0 solved");
    expect(await page.evaluate("location.hash")).toBe("#format=json&group=late&end=%21");
    await choose("Group", "");
    await choose("Format", "");
    await choose("End", "correct");
    const shown = `document.getElementById("list").children.length`;
    expect(await page.evaluate(shown)).toBe(200);
    await page.evaluate(`document.getElementById("more").click()`);
    expect(await page.evaluate(shown)).toBe(400);
  });

  it("search all texts, also those that are not open", async () => {
    await page.open(address("trajectories.html?search"));
    await choose("Search", "zürich 漢字");
    await expect.poll(count).toBe("2 of 500 plays, 2 solved");
  });

  it("can be used by keys", async () => {
    await page.open(address("trajectories.html?keys"));
    for (const key of ["j", "j", "j", "k", "Enter"]) await page.press(key);
    await expect
      .poll(() => page.evaluate(opened))
      .toEqual(["The task.", expect.stringMatching(/^code 1 says/)]);
    await page.press("/");
    expect(await page.evaluate("document.activeElement.id")).toBe("q");
  });

  it("run nothing of what models wrote", async () => {
    expect(await page.evaluate("document.title")).toBe("m3tooleval: trajectories");
    expect(page.faults).toEqual([]);
  });
});
