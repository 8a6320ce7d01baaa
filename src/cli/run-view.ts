import type { AgentEvent } from "../agent/events.ts";
import type { CliContext } from "./cli-context.ts";
import type { OutputFolder } from "./output-folder.ts";
import { plainError } from "./report-error.ts";
import { createEventPrinter, showRequest } from "./terminal/event-printer.ts";
import { createOutcomePrinter } from "./terminal/outcome-printer.ts";
import { styled } from "./terminal/terminal-text.ts";
import { createTranscript } from "./terminal/transcript.ts";
import type { SavedFile } from "./workspace-files.ts";

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
  const printer = createEventPrinter(transcript, folder);
  let usageLine: string | undefined;

  return {
    event(event) {
      printer.event(event);
      if (event.type === "run-end") {
        const { turns, usage } = event.result;
        usageLine = `${count(turns, "turn")}, ${usage.inputTokens} + ${count(usage.outputTokens, "token")}`;
      }
    },
    saved(files) {
      for (const { savedTo } of files) transcript.note(`saved ${savedTo}`);
      transcript.end();
      if (usageLine !== undefined) stderr.write(`${styled("dim", usageLine, stderr)}\n`);
    },
  };
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

function count(amount: number, noun: string): string {
  return `${amount.toLocaleString("en-US")} ${noun}${amount === 1 ? "" : "s"}`;
}
