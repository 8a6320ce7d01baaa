import type { Outcome } from "../../src/execution/outcome.ts";
import type { RecordedObservation } from "./recorded-observation.ts";

/** What our interpreter made of a cell, reduced to what the recording kept. */
export interface CellResult {
  readonly status: Outcome["status"];
  /** Standard output and the value. The recording kept neither standard error nor pictures. */
  readonly text: string;
  /** The exceptions raised, a chain in its order; empty where nothing was raised. */
  readonly errors: readonly string[];
  readonly errorMessage?: string;
}

// As Python sees it, which took it off the ends of what was recorded: JavaScript leaves four controls out.
// oxlint-disable-next-line no-control-regex -- they are what is meant
const blanks = /[\s\u001c-\u001f\u0085]+/g;
const noOutput = "[Executed Successfully with No Output]";

/** Reduces an outcome to what can be compared with a recording. */
export function resultOf(outcome: Outcome): CellResult {
  const text = outcome.outputs
    .map((output) => {
      if (output.type === "stream") return output.name === "stdout" ? output.text : "";
      if (output.type !== "value") return "";
      return `${output.data["text/plain"] ?? ""}\n`;
    })
    .join("");
  const { error } = outcome;
  return {
    status: outcome.status,
    text,
    errors: error === undefined ? [] : [...chainedErrors(error.traceback), error.name],
    ...(error === undefined ? {} : { errorMessage: error.message }),
  };
}

/**
 * Tells whether a result agrees with its recording: the same text up to white space once `Out[n]:` and the
 * mark of truncation are removed, where no output and the notice of it are the same and a cut recording has to
 * be the beginning of ours; or, for an error, the same type of exception.
 */
export function agrees(result: CellResult, recorded: RecordedObservation): boolean {
  if (recorded.errors.length > 0) {
    // A cut traceback shows the first exceptions of a chain only.
    const shown = recorded.errors.every((type, index) => result.errors[index] === type);
    return (recorded.truncated && shown) || result.errors.at(-1) === recorded.errors.at(-1);
  }
  if (result.errors.length > 0 && !recorded.truncated) return false;
  const ours = comparableText(result.text);
  const theirs = comparableText(recorded.text);
  return recorded.truncated ? ours.startsWith(theirs) : ours === theirs;
}

/** The text that is compared: without `Out[n]:` and notices, white space as single spaces. */
export function comparableText(text: string): string {
  const plain = text.trim() === noOutput ? "" : text;
  return plain
    .replaceAll(/^Out\[\d+\]:/gm, "")
    .replaceAll(blanks, " ")
    .trim();
}

function chainedErrors(traceback: string): readonly string[] {
  const parts = traceback.split(
    /^(?:The above exception was the direct cause|During handling of the above exception).*$/m,
  );
  return parts.slice(0, -1).map((part) => {
    const lines = part.trimEnd().split("\n");
    const last = lines.findLast((line) => /^[A-Za-z_][\w.]*(?::|$)/.test(line)) ?? "";
    const type = last.split(":", 1)[0] ?? "";
    return type.slice(type.lastIndexOf(".") + 1);
  });
}
