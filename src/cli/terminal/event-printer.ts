import type { AgentEvent } from "../../agent/events.ts";
import type { NetworkRequest } from "../../execution/network/network.ts";
import type { OutputFolder } from "../output-folder.ts";
import { createOutcomePrinter } from "./outcome-printer.ts";
import type { Transcript } from "./transcript.ts";

/** Calls of tools that are shown of one cell. */
const maxShownCalls = 10;
const maxCallCharacters = 100;

/** Shows what happens in runs. */
export interface EventPrinter {
  event(event: AgentEvent): void;
}

/** Makes a printer: prose, coloured code, outputs, the paths of plots, and a note for whatever a person should know. */
export function createEventPrinter(transcript: Transcript, folder: OutputFolder): EventPrinter {
  const printer = createOutcomePrinter(transcript, transcript, folder);
  let calls = 0;

  return {
    event(event) {
      switch (event.type) {
        case "text-delta":
        case "final-answer":
          transcript.text(event.text);
          break;
        case "plan-end":
          // What the model says next is a paragraph of its own.
          transcript.text("\n\n");
          break;
        case "code-delta":
          transcript.code(event.text);
          break;
        case "output":
          printer.output(event.output);
          break;
        case "network-request":
          showRequest(event.request, transcript);
          break;
        case "tool-call-start":
          calls += 1;
          if (calls <= maxShownCalls) transcript.note(`-> ${event.tool}(${inShort(event.input)})`);
          break;
        case "approval-decision":
          if (!event.approved) {
            transcript.note(`(${event.tool} was refused${because(event.reason)})`);
          } else if (event.input !== undefined) {
            transcript.note(`-> ${event.tool} with other arguments`);
          }
          break;
        case "cell-end":
          if (calls > maxShownCalls) transcript.note(`-> and ${calls - maxShownCalls} more calls`);
          calls = 0;
          printer.end(event.outcome);
          break;
        case "reply-malformed":
          transcript.note(`(The reply could not be used: ${event.reason.split("\n")[0]})`);
          break;
        case "answer-refused":
          transcript.note(`(${event.reason.split("\n")[0]})`);
          break;
        case "stuck-detected":
          transcript.note(`(${stuckNote(event.measure)})`);
          break;
        case "budget-low":
          transcript.note("(The budget is nearly used up; the model was told.)");
          break;
        case "compaction":
          transcript.note("(Older turns gave way to a summary; the session has all they made.)");
          break;
        default:
          break;
      }
    },
  };
}

function because(reason: string | undefined): string {
  return reason === undefined ? "" : `: ${reason}`;
}

function stuckNote(measure: "told" | "dropped" | "ended"): string {
  switch (measure) {
    case "told":
      return "The model repeats itself; it was told.";
    case "dropped":
      return "The model repeats itself; its repeats were dropped.";
    case "ended":
      return "The model repeats itself; no more code is run.";
  }
}

/** One dim line for each request; a tunnel is told once, when it opens. */
export function showRequest(request: NetworkRequest, transcript: Transcript): void {
  const { id: _id, verdict, state, method, host, port, path = "", status, reason } = request;
  if (state === "ended" && verdict === "allowed" && path === "") return;
  const place = host === "" ? path : `${host}:${port}${path}`;
  const end =
    verdict === "allowed" ? `${path === "" ? "opened" : status}` : `${verdict}: ${reason}`;
  transcript.block(`[network] ${method} ${place} ${end}`, "dim");
}

/** Arguments on one line. */
function inShort(input: Readonly<Record<string, unknown>>): string {
  const text = Object.entries(input)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(", ");
  return text.length > maxCallCharacters ? `${text.slice(0, maxCallCharacters)}...` : text;
}
