import type { EvaluationResult } from "../trajectory.ts";
import { isRetried } from "../verdict.ts";
import { escapeHtml } from "./html-text.ts";
import { playId } from "./play-id.ts";
import { settingsText } from "./summary-table.ts";
import { summaryKey } from "./summary.ts";

const fewCells = 1_500;

/**
 * Writes a table with a row for each task and a column for each run, to see at a glance what all fail and what only
 * some do. Each cell leads to its play on the page `trajectories`; where there are several tries, to the first that
 * failed. Folded where it is long.
 */
export function taskMatrixHtml(
  results: readonly EvaluationResult[],
  trajectories?: string,
): string {
  const runs = [...Map.groupBy(results, summaryKey).values()].map((own) => ({
    first: own[0]!,
    tasks: Map.groupBy(own, ({ task }) => task),
  }));
  const tasks = [...new Set(results.map(({ task }) => task))];
  const areAlike = new Set(runs.map(({ first }) => settingsText(first))).size === 1;
  const sets = Map.groupBy(runs, ({ first }) =>
    areAlike ? first.model : `${first.model}, ${settingsText(first)}`,
  );
  const columns = [...sets.values()].flat();
  const models = [...sets].map(
    ([label, own]) => `<th colspan="${own.length}">${escapeHtml(label)}</th>`,
  );
  const formats = columns.map(({ first }) => `<th>${escapeHtml(first.format)}</th>`);
  const rows = tasks.map((task) => {
    const cells = columns.map((run) => cellHtml(run.tasks.get(task) ?? [], trajectories));
    return `<tr><td>${escapeHtml(task)}</td>${cells.join("")}</tr>`;
  });
  const table = `<div class="scroll"><table class="matrix"><thead><tr><th rowspan="2">task</th>${models.join("")}</tr><tr>${formats.join("")}</tr></thead><tbody>\n${rows.join("\n")}\n</tbody></table></div>`;
  const isShort = tasks.length * columns.length <= fewCells;
  return `<details${isShort ? " open" : ""}><summary>${tasks.length} ${tasks.length === 1 ? "task" : "tasks"}</summary>${table}</details>`;
}

function cellHtml(tries: readonly EvaluationResult[], page: string | undefined): string {
  const counted = tries.filter(({ verdict }) => !isRetried(verdict));
  const shown = counted.find(({ success }) => !success) ?? counted[0] ?? tries[0];
  if (shown === undefined) return "<td></td>";
  const solved = counted.filter(({ success }) => success).length;
  const kind = counted.length === 0 ? "none" : solved === counted.length ? "yes" : "no";
  const text = tries.length > 1 && kind !== "none" ? `${solved}/${counted.length}` : marks[kind];
  const link = page === undefined ? "" : ` href="${escapeHtml(page)}#play=${playId(shown)}"`;
  return `<td><a class="${kind}"${link} title="${escapeHtml(shown.verdict)}">${text}</a></td>`;
}

const marks = { yes: "✓", no: "✗", none: "!" };

/** The look of the table. */
export const taskMatrixStyle = `
summary { cursor: pointer; color: var(--soft); margin: 0 0 .5rem; }
.matrix th + th, .matrix td + td, .matrix tr + tr th { text-align: center; padding: .1rem .6rem; white-space: normal; }
.matrix thead tr + tr th { position: static; min-width: 0; white-space: nowrap; } .matrix td:first-child { padding: .1rem 1rem .1rem 0; }
.matrix a { text-decoration: none; } .matrix .yes { color: var(--good); } .matrix .no { color: var(--bad); font-weight: 600; } .matrix .none { color: var(--soft); }
`;
