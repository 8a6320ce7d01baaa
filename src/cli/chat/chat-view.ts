import type { AgentEvent, RunResult } from "../../agent/events.ts";
import type { CliContext, TerminalStream } from "../cli-context.ts";
import type { OutputFolder } from "../output-folder.ts";
import { createActivityLine } from "../terminal/activity-line.ts";
import { createEventPrinter } from "../terminal/event-printer.ts";
import { safeTerminalText, styled } from "../terminal/terminal-text.ts";
import { createTranscript } from "../terminal/transcript.ts";

/** Shows a conversation on stdout as it goes on. */
export interface ChatView extends Disposable {
  readonly stream: TerminalStream;
  event(event: AgentEvent): void;
  /** Ends what is being shown, and writes a paragraph of the program's own. */
  note(text: string): void;
  /** Says what is being waited for. */
  waiting(label: string): void;
  /** Stops the activity line and ends what is being shown, so that a question can be asked. */
  pause(): void;
}

/** Makes a view; pictures are saved in `folder`. */
export function createChatView({ stdout }: CliContext, folder: OutputFolder): ChatView {
  const activity = createActivityLine(stdout);
  const { stream } = activity;
  const transcript = createTranscript(stream);
  const printer = createEventPrinter(transcript, folder);
  let modelId = "";
  let startedMs = 0;

  function note(text: string): void {
    activity.hide();
    transcript.end();
    const columns = stream.isTTY === true ? (stream.columns ?? 80) : Infinity;
    for (const line of wrapWords(safeTerminalText(text), columns - 1)) {
      stream.write(`${styled("dim", line, stream)}\n`);
    }
  }

  function showEnd(result: RunResult): void {
    const { turns, usage, costUsd, error } = result;
    if (result.status === "aborted") {
      note("Interrupted. Variables and files are kept; /undo takes the message back.");
    } else if (result.status === "budget") {
      note(`The model used up its ${result.budget ?? "budget"}. Write "go on" to let it continue.`);
    } else if (result.status === "stuck") {
      note("The model repeated itself and was stopped. Say it in other words, or /undo.");
    } else if (result.status === "rejected") {
      note(`The model's answers were not accepted: ${result.rejection ?? ""}`);
    } else if (error !== undefined) {
      activity.hide();
      transcript.end();
      const hint = error.hint === undefined ? "" : `\n  ${error.hint}`;
      stream.write(
        `${styled("red", safeTerminalText(error.message), stream)}${safeTerminalText(hint)}\n`,
      );
      note("/retry tries again.");
    } else transcript.end();
    const tokens = usage.inputTokens + usage.outputTokens === 0 ? [] : [formatTokens(usage)];
    const cost = costUsd === undefined ? [] : [formatUsd(costUsd)];
    const seconds = `${((Date.now() - startedMs) / 1000).toFixed(1)} s`;
    stream.write("\n");
    note([modelId, count(turns, "turn"), ...tokens, ...cost, seconds].join(" · "));
  }

  return {
    stream,
    event(event) {
      switch (event.type) {
        case "run-start":
          ({ modelId } = event);
          startedMs = Date.now();
          break;
        case "turn-start":
          activity.show(`waiting for ${modelId}`);
          break;
        case "cell-start":
          // Its last line is held back until something follows it.
          transcript.end();
          activity.show("running");
          break;
        case "run-end":
          activity.hide();
          showEnd(event.result);
          break;
        default:
          printer.event(event);
      }
    },
    note,
    waiting: activity.show,
    pause() {
      activity.hide();
      transcript.end();
    },
    [Symbol.dispose]: () => activity[Symbol.dispose](),
  };
}

/** Breaks text between words into lines of at most so many characters; a longer word stays whole. */
function wrapWords(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const line of text.split("\n")) {
    let row = "";
    for (const word of line.split(" ")) {
      if (row !== "" && row.length + 1 + word.length > width) {
        lines.push(row);
        row = word;
      } else row = row === "" ? word : `${row} ${word}`;
    }
    lines.push(row);
  }
  return lines;
}

/** Writes US dollars so that small amounts stay visible. */
export function formatUsd(amount: number): string {
  return `$${amount.toFixed(amount >= 1 ? 2 : 4)}`;
}

/** Writes tokens as prompt + reply. */
export function formatTokens(usage: {
  readonly inputTokens: number;
  readonly outputTokens: number;
}): string {
  return `${usage.inputTokens.toLocaleString("en-US")} + ${count(usage.outputTokens, "token")}`;
}

/** Writes a number with its noun. */
export function count(amount: number, noun: string): string {
  return `${amount.toLocaleString("en-US")} ${noun}${amount === 1 ? "" : "s"}`;
}

/** Writes a size such as `1.2 MB`. */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}
