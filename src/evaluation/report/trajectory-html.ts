import type { AgentEvent } from "../../agent/events.ts";
import type { ContentPart, MessagePart } from "../../models/model.ts";
import type { Provenance } from "../provenance.ts";
import type { Trajectory } from "../trajectory.ts";
import { escapeHtml } from "./html-text.ts";

const maxPartCharacters = 20_000;

/** Writes one trajectory as HTML to read turn by turn. Everything of models and code is escaped. */
export function trajectoryHtml(trajectory: Trajectory): string {
  const facts = [
    ["Answer", trajectory.answer],
    ["Judged", trajectory.reason],
    ["Fault", trajectory.error && `${trajectory.error.code}: ${trajectory.error.message}`],
    ["Played", trajectory.provenance && playedText(trajectory.provenance)],
  ].flatMap(([name, text]) =>
    text === undefined ? [] : [`<dt>${name}</dt><dd><pre>${escapeHtml(cut(text))}</pre></dd>`],
  );
  return `<dl>${facts.join("")}</dl>\n${messagesHtml(trajectory)}`;
}

function playedText({ startedAt, codeact, python, runtime, provider }: Provenance): string {
  const made = [
    `codeact ${codeact}`,
    python === undefined ? "" : `Python ${python}`,
    `runtime ${runtime}`,
    provider === undefined ? "" : `provider ${provider}`,
  ];
  return `${startedAt}, ${made.filter((part) => part !== "").join(", ")}`;
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
      ends.set(
        event.turn,
        ` <span class="bad">could not be read</span> <span class="soft">${escapeHtml(cut(event.reason))}</span>`,
      );
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
