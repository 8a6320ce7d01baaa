import type { AgentEvent } from "../agent/events.ts";
import type { NetworkRequest } from "../execution/network/network.ts";
import type { CliContext } from "./cli-context.ts";
import type { OutputFolder } from "./output-folder.ts";
import { plainError } from "./report-error.ts";
import { createOutcomePrinter } from "./terminal/outcome-printer.ts";
import { styled } from "./terminal/terminal-text.ts";
import { createTranscript, type Transcript } from "./terminal/transcript.ts";
import type { SavedFile } from "./workspace-files.ts";

/** Calls of tools that are shown of one cell. */
const maxShownCalls = 10;
const maxCallCharacters = 100;

/** Shows a run, or a single cell, as it happens. */
export interface RunView {
  event(event: AgentEvent): void;
  /** Lists the files that were copied out of the workspace. */
  saved(files: readonly SavedFile[]): void;
}

/** A view of one cell for people and pipes: its standard output and value as they are, the rest on stderr. */
export function createCellView({ stdout, stderr }: CliContext, folder: OutputFolder): RunView {
  const output = createTranscript(stdout, "");
  const errors = createTranscript(stderr, "");
  const printer = createOutcomePrinter(output, errors, folder);
  return {
    event(event) {
      if (event.type === "output") printer.output(event.output);
      if (event.type === "network-request") showRequest(event.request, errors);
      if (event.type === "cell-end") printer.end(event.outcome);
    },
    saved(files) {
      output.end();
      errors.end();
      for (const { savedTo } of files) errors.note(`saved ${savedTo}`);
    },
  };
}

/** A view of a run for people: prose, coloured code, output, the paths of plots and files, usage on stderr. */
export function createTextView(context: CliContext, folder: OutputFolder): RunView {
  const { stdout, stderr } = context;
  const transcript = createTranscript(stdout);
  const printer = createOutcomePrinter(transcript, transcript, folder);
  let usageLine: string | undefined;
  let calls = 0;

  return {
    event(event) {
      switch (event.type) {
        case "text-delta":
          transcript.text(event.text);
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
        case "final-answer":
          transcript.text(event.text);
          break;
        case "stuck-detected":
          transcript.note(`(${stuckNote(event.measure)})`);
          break;
        case "budget-low":
          transcript.note("(The budget is nearly used up; the model was told.)");
          break;
        case "compaction":
          transcript.note("(Older turns gave way to a summary.)");
          break;
        case "run-end": {
          const { turns, usage } = event.result;
          usageLine = `${count(turns, "turn")}, ${usage.inputTokens} + ${count(usage.outputTokens, "token")}`;
          break;
        }
        default:
          break;
      }
    },
    saved(files) {
      for (const { savedTo } of files) transcript.note(`saved ${savedTo}`);
      transcript.end();
      if (usageLine !== undefined) stderr.write(`${styled("dim", usageLine, stderr)}\n`);
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
function showRequest(request: NetworkRequest, transcript: Transcript): void {
  const { id: _id, verdict, state, method, host, port, path = "", status, reason } = request;
  if (state === "ended" && verdict === "allowed" && path === "") return;
  const place = host === "" ? path : `${host}:${port}${path}`;
  const end =
    verdict === "allowed" ? `${path === "" ? "opened" : status}` : `${verdict}: ${reason}`;
  transcript.output(`[network] ${method} ${place} ${end}\n`, "dim");
}

/** A view for programs: one event as JSON per line. */
export function createJsonView({ stdout }: CliContext): RunView {
  const write = (value: unknown) => stdout.write(`${JSON.stringify(value)}\n`);
  return {
    event(event) {
      if (event.type === "run-end" && event.result.error !== undefined) {
        write({ ...event, result: { ...event.result, error: plainError(event.result.error) } });
      } else {
        write(event);
      }
    },
    saved(files) {
      for (const file of files) write({ type: "file-saved", ...file });
    },
  };
}

/** Arguments on one line. */
function inShort(input: Readonly<Record<string, unknown>>): string {
  const text = Object.entries(input)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(", ");
  return text.length > maxCallCharacters ? `${text.slice(0, maxCallCharacters)}...` : text;
}

function count(amount: number, noun: string): string {
  return `${amount.toLocaleString("en-US")} ${noun}${amount === 1 ? "" : "s"}`;
}
