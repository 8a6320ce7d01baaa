import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Trajectory } from "../trajectory.ts";
import type { Report } from "./report.ts";
import { reportHtml } from "./report-html.ts";
import { reportMarkdown } from "./report-markdown.ts";
import { trajectoriesHtml } from "./trajectory-html.ts";

/** Writes `report.json`, `report.md`, `report.html` and `trajectories.html` into a folder. */
export function writeReports(
  folder: string,
  report: Report,
  trajectories: readonly Trajectory[],
): void {
  const own = trajectories.filter(({ benchmark }) => benchmark === report.benchmark);
  writeFileSync(join(folder, "report.json"), `${JSON.stringify(report, undefined, 2)}\n`);
  writeFileSync(join(folder, "report.md"), reportMarkdown(report));
  writeFileSync(join(folder, "report.html"), reportHtml(report, "trajectories.html"));
  writeFileSync(join(folder, "trajectories.html"), trajectoriesHtml(report.benchmark, own));
}
