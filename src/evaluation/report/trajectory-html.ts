import type { AgentEvent } from "../../agent/events.ts";
import type { ContentPart, MessagePart } from "../../models/model.ts";
import type { Trajectory } from "../trajectory.ts";
import { escapeHtml } from "./html-text.ts";
import { pageHtml } from "./page.ts";
import { settingsText } from "./summary-table.ts";

const maxTrajectories = 1_000;
const maxPartCharacters = 20_000;

/** Writes trajectories as a self-contained page to read turn by turn. Everything of models and code is escaped. */
export function trajectoriesHtml(title: string, trajectories: readonly Trajectory[]): string {
  const shown = trajectories.slice(0, maxTrajectories);
  const rest = trajectories.length - shown.length;
  const more =
    rest === 0
      ? ""
      : ` The first ${shown.length} are shown; ${rest} more are in trajectories.jsonl.`;
  const kinds = [...new Set(shown.map(({ verdict }) => verdict))];
  return pageHtml({
    title: `${title}: trajectories`,
    style,
    script,
    body: [
      `<h1>${escapeHtml(title)}: trajectories</h1>`,
      `<p class="note">${trajectories.length} trajectories.${more} <a href="report.html">Results</a></p>`,
      `<p class="filters"><label>Search <input id="search" type="search" placeholder="task, model or text"></label>`,
      `<label>End <select id="verdict"><option value="">all</option>${kinds.map((kind) => `<option>${escapeHtml(kind)}</option>`).join("")}</select></label>`,
      `<span id="count" aria-live="polite"></span></p>`,
      ...shown.map(trajectoryHtml),
    ].join("\n"),
  });
}

function trajectoryHtml(trajectory: Trajectory): string {
  const { task, model, format, verdict, turns, sample, wallMs } = trajectory;
  const details = [model, format, settingsText(trajectory), sample > 0 ? `try ${sample + 1}` : ""];
  const summary = `<span class="verdict ${trajectory.success ? "good" : "bad"}">${escapeHtml(verdict)}</span> <b>${escapeHtml(task)}</b> <span class="soft">${escapeHtml(details.filter((part) => part !== "").join(", "))} · ${turns} ${turns === 1 ? "turn" : "turns"} · ${(wallMs / 1000).toFixed(1)} s</span>`;
  const facts = [
    ["Answer", trajectory.answer],
    ["Judged", trajectory.reason],
    ["Fault", trajectory.error && `${trajectory.error.code}: ${trajectory.error.message}`],
  ].flatMap(([name, text]) =>
    text === undefined ? [] : [`<dt>${name}</dt><dd><pre>${escapeHtml(cut(text))}</pre></dd>`],
  );
  return `<details class="trajectory" data-verdict="${escapeHtml(verdict)}"><summary>${summary}</summary>
<dl>${facts.join("")}</dl>
${messagesHtml(trajectory)}
</details>`;
}

function messagesHtml({ messages, events }: Trajectory): string {
  const ends = cellEnds(events);
  const replies = messages.filter(({ role }) => role === "assistant").length;
  const turns = events.filter(({ type }) => type === "turn-start").length;
  // A dialogue that is part of the task comes before the first turn.
  let turn = Math.min(turns - replies, 0);
  return messages
    .map((message) => {
      const isReply = message.role === "assistant";
      if (isReply) turn += 1;
      const end = isReply ? (ends.get(turn) ?? "") : "";
      const label = isReply ? (turn > 0 ? `turn ${turn}` : "assistant, given") : message.role;
      const said = message.content.map(partHtml).join("");
      const isLong = message.role === "system";
      const body = isLong
        ? `<details><summary>shown to the model before the task</summary>${said}</details>`
        : said;
      return `<section class="message ${message.role}"><h3>${label}${end}</h3>${body}</section>`;
    })
    .join("\n");
}

/** How the cells of each turn ended, as HTML. */
function cellEnds(events: readonly AgentEvent[]): ReadonlyMap<number, string> {
  const ends = new Map<number, string>();
  for (const event of events) {
    if (event.type === "reply-malformed") {
      ends.set(event.turn, ` <span class="bad">could not be read</span>`);
    }
    if (event.type !== "cell-end") continue;
    const { status, wallMs } = event.outcome;
    const kind = status === "ok" ? "good" : "bad";
    ends.set(
      event.turn,
      ` <span class="${kind}">${escapeHtml(status)}</span> <span class="soft">${Math.round(wallMs)} ms</span>`,
    );
  }
  return ends;
}

function partHtml(part: MessagePart): string {
  switch (part.type) {
    case "text":
      return `<pre>${escapeHtml(cut(part.text))}</pre>`;
    case "image":
      return imageHtml(part);
    case "tool-call":
      return `<pre class="call">${escapeHtml(cut(`${part.name} ${part.arguments}`))}</pre>`;
    case "tool-result":
      return part.content.map(partHtml).join("");
  }
}

function imageHtml({ mediaType, data }: Extract<ContentPart, { type: "image" }>): string {
  const isImage =
    /^image\/(?:png|jpeg|gif|webp)$/.test(mediaType) && /^[A-Za-z\d+/=\s]+$/.test(data);
  return isImage
    ? `<img alt="picture" src="data:${mediaType};base64,${data}">`
    : `<p class="soft">[picture]</p>`;
}

function cut(text: string): string {
  const rest = text.length - maxPartCharacters;
  return rest <= 0
    ? text
    : `${text.slice(0, maxPartCharacters)}\n[... ${rest} characters left out ...]`;
}

const style = `
.soft { color: var(--soft); font-weight: 400; } .good { color: var(--good); } .bad { color: var(--bad); }
.filters { display: flex; flex-wrap: wrap; gap: 1rem; align-items: center; position: sticky; top: 0; background: var(--ground); padding: .5rem 0; }
input, select { font: inherit; color: inherit; background: var(--tint); border: 1px solid var(--line); border-radius: 4px; padding: .25rem .5rem; }
.trajectory { border-bottom: 1px solid var(--line); padding: .45rem 0; } .trajectory > summary { cursor: pointer; }
.verdict { display: inline-block; min-width: 6.5rem; font-weight: 600; }
.message { border-left: 3px solid var(--line); padding: 0 0 0 .9rem; margin: .9rem 0; } .message.assistant { border-color: var(--code); }
.message h3 { margin: 0; font-size: .85rem; color: var(--soft); } .message h3 span { font-weight: 600; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; background: var(--tint); border-radius: 4px; padding: .5rem .7rem; margin: .35rem 0; font: 12.5px/1.45 ui-monospace, monospace; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1rem; margin: .5rem 0; } dt { color: var(--soft); } dd { margin: 0; } dd pre { margin: 0; }
img { max-width: 100%; }
`;

const script = `
const search = document.getElementById("search"), verdict = document.getElementById("verdict"), count = document.getElementById("count");
const all = [...document.querySelectorAll(".trajectory")].map((element) => ({ element, text: element.textContent.toLowerCase() }));
function filter() {
  let shown = 0;
  for (const { element, text } of all) {
    const fits = text.includes(search.value.toLowerCase()) && (verdict.value === "" || element.dataset.verdict === verdict.value);
    element.hidden = !fits;
    shown += fits;
  }
  count.textContent = shown + " shown";
}
search.addEventListener("input", filter);
verdict.addEventListener("change", filter);
filter();
`;
