import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { EvaluationResult, Trajectory } from "../trajectory.ts";
import { inOrder } from "./in-order.ts";
import type { Report } from "./report.ts";
import { reportHtml } from "./report-html.ts";
import { reportMarkdown } from "./report-markdown.ts";
import { trajectoriesHtml } from "./trajectories-html.ts";

/**
 * Writes `report.json`, `report.md`, `report.html` and `trajectories.html` into a folder. The trajectories are read
 * once, one by one, and may come in any order.
 */
export function writeReports(
  folder: string,
  report: Report,
  trajectories: Iterable<Trajectory>,
): void {
  const { benchmark, tasks } = report;
  const results: EvaluationResult[] = [];
  function* own(): Generator<Trajectory> {
    for (const trajectory of trajectories) {
      if (trajectory.benchmark !== benchmark) continue;
      const { messages: _, events: __, ...result } = trajectory;
      results.push(result);
      yield trajectory;
    }
  }
  const page = trajectoriesHtml({ title: benchmark, trajectories: own(), tasks });
  const ordered = inOrder(
    results,
    tasks.map((id) => ({ id })),
  );
  const shown = { trajectories: "trajectories.html", results: ordered };
  writeFileSync(join(folder, "report.json"), `${JSON.stringify(report, undefined, 2)}\n`);
  writeFileSync(join(folder, "report.md"), reportMarkdown(report));
  writeFileSync(join(folder, "report.html"), reportHtml(report, shown));
  writeFileSync(join(folder, "trajectories.html"), page);
}
