import type { EvaluationResult, Trajectory } from "../trajectory.ts";
import { inOrder } from "./in-order.ts";
import { pageHtml } from "./page.ts";
import { escapeHtml } from "./html-text.ts";
import { playId } from "./play-id.ts";
import { settingsText } from "./summary-table.ts";
import { trajectoriesScript } from "./trajectories-script.ts";
import { createTextBlocks, type BlockPlace } from "./trajectory-blocks.ts";
import { trajectoryHtml } from "./trajectory-html.ts";

export interface TrajectoriesPage {
  readonly title: string;
  /** In any order, and read once. */
  readonly trajectories: Iterable<Trajectory>;
  /** Ids of tasks in the order in which they are shown. */
  readonly tasks?: readonly string[];
  /** Room for the texts, compressed. Default: 150 million characters. */
  readonly maxCharacters?: number;
}

/** A row of the page's list, with what it can be searched and chosen by. */
export interface PlayRow extends Partial<BlockPlace> {
  readonly id: string;
  readonly run: number;
  readonly task: string;
  readonly group: string;
  readonly sample: number;
  readonly end: string;
  readonly success: boolean;
  readonly turns: number;
  readonly wallMs: number;
  readonly answer: string;
}

/**
 * Writes trajectories as a self-contained page to choose from and to read turn by turn. Their texts are compressed and
 * unpacked by the page as they are opened or searched, so that thousands of them open at once.
 */
export function trajectoriesHtml(page: TrajectoriesPage): string {
  const { title, trajectories, tasks = [], maxCharacters = 150_000_000 } = page;
  const blocks = createTextBlocks(maxCharacters);
  const plays: (EvaluationResult & { readonly at: BlockPlace | undefined })[] = [];
  for (const trajectory of trajectories) {
    const { messages: _, events: __, ...result } = trajectory;
    plays.push({ ...result, at: blocks.add(trajectoryHtml(trajectory)) });
  }
  const ordered = inOrder(
    plays,
    tasks.map((id) => ({ id })),
  );
  const runs = new Map(ordered.map((play) => [runKey(play), runOf(play)]));
  const names = [...runs.keys()];
  const places = new Map(names.map((name, index) => [name, index]));
  const rows = ordered.map((play): PlayRow => {
    const { task, group = "", sample, verdict, success, turns, wallMs, answer = "", at } = play;
    return {
      id: playId(play),
      run: places.get(runKey(play))!,
      task,
      group,
      sample,
      end: verdict,
      success,
      turns,
      wallMs,
      answer: answer.slice(0, 120),
      ...at,
    };
  });
  return pageHtml({
    title: `${title}: trajectories`,
    style,
    script: trajectoriesScript,
    body: [
      `<h1>${escapeHtml(title)}: trajectories</h1>`,
      `<p class="note">${rows.length} ${rows.length === 1 ? "play" : "plays"}. <a href="report.html">Results</a> <span class="keyboard">Keys: <kbd>/</kbd> search, <kbd>j</kbd> and <kbd>k</kbd> next and previous, <kbd>Enter</kbd> open and close.</span></p>`,
      `<noscript><p>This page needs JavaScript. All is in trajectories.jsonl, too.</p></noscript>`,
      `<form id="filters"><label>Search <input id="q" type="search" placeholder="task or any text"></label></form>`,
      `<p class="soft"><span id="count" aria-live="polite"></span> <button id="all" type="button" hidden>Show all</button></p><div id="list"></div><p><button id="more" type="button" hidden></button></p>`,
      `<script type="application/json" id="plays">${scriptData({ runs: [...runs.values()], plays: rows })}</script>`,
      ...blocks
        .finish()
        .map((block) => `<script type="text/plain" class="block">${block}</script>`),
    ].join("\n"),
  });
}

function runOf(result: EvaluationResult) {
  return { model: result.model, format: result.format, settings: settingsText(result) };
}

function runKey(result: EvaluationResult): string {
  return JSON.stringify(runOf(result));
}

/** JSON that can't end the element it stands in. */
function scriptData(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", String.raw`\u003c`);
}

const style = `
.soft { color: var(--soft); font-weight: 400; } .good { color: var(--good); } .bad { color: var(--bad); } .keyboard { white-space: nowrap; }
kbd { font: .8em ui-monospace, monospace; border: 1px solid var(--line); border-radius: 3px; padding: 0 .3rem; }
@media (hover: none) { .keyboard { display: none; } }
#filters { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; padding: .5rem 0; }
input, select, button { font: inherit; color: inherit; background: var(--tint); border: 1px solid var(--line); border-radius: 4px; padding: .25rem .5rem; max-width: 11rem; }
button { cursor: pointer; }
.trajectory { border-bottom: 1px solid var(--line); } .trajectory > summary { cursor: pointer; display: grid; grid-template-columns: 7.5rem 1fr auto; gap: 0 1rem; padding: .45rem 0; }
.trajectory > summary b { overflow-wrap: anywhere; } .trajectory > summary::before { content: none; } .trajectory[open] > summary { position: sticky; top: 0; background: var(--ground); border-bottom: 1px solid var(--line); }
.verdict { font-weight: 600; } .figures { text-align: right; }
@media (max-width: 50rem) { .trajectory > summary { grid-template-columns: 6.5rem 1fr; } .figures { grid-column: 2; text-align: left; } }
.message { border-left: 3px solid var(--line); padding: 0 0 0 .9rem; margin: .9rem 0; } .message.assistant { border-color: var(--code); }
.message h3 { margin: 0; font-size: .85rem; color: var(--soft); } .message h3 span { font-weight: 600; } .message h3 .soft { font-weight: 400; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; background: var(--tint); border-radius: 4px; padding: .5rem .7rem; margin: .35rem 0; font: 12.5px/1.45 ui-monospace, monospace; max-height: 36rem; overflow-y: auto; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1rem; margin: .5rem 0; } dt { color: var(--soft); } dd { margin: 0; min-width: 0; } dd pre { margin: 0 0 .25rem; }
img { max-width: 100%; background: #fff; }
@media print { #filters, button, noscript { display: none; } pre { max-height: none; } .trajectory[open] > summary { position: static; } }
`;
