import type { Outcome } from "../../execution/outcome.ts";
import type { FormatName, Grading } from "../benchmark.ts";
import { pythonLiteralText } from "../python-literal-text.ts";

const maxCharacters = 2000;

export interface M3ObservationOptions {
  readonly format: FormatName;
  readonly grading: Grading;
  readonly turn: number;
  /** What the model is told of a JSON or text call that failed. */
  readonly failure: string | undefined;
}

/** What the model reads of an action: what it printed; of a call that fails in JSON or text, only that it failed. */
export function m3Observation(outcome: Outcome, options: M3ObservationOptions): string {
  const { format, grading, turn, failure = "" } = options;
  if (format !== "code" && outcome.status !== "ok") return failure;
  if (grading === "corrected") return explained(outcome, format);
  if (format === "code") return originalOfCode(outcome, turn);
  return cut(printed(outcome).replace(/\n$/, ""));
}

/**
 * As the original has it: IPython's output is cut, loses `Out[n]:`, and is replaced by what `str()` makes of it where it
 * is a Python literal.
 */
function originalOfCode(outcome: Outcome, turn: number): string {
  const output = printed(outcome, `Out[${turn}]: `, "TimeoutError: Timed out after 30 seconds.\n");
  const reminder = "[Executed Successfully with No Output, Did you forget to print?]";
  const shown = cut(output === "" ? reminder : output).replaceAll(/Out\[\d+\]:/g, "");
  return pythonLiteralText(shown) ?? shown;
}

function explained(outcome: Outcome, format: FormatName): string {
  const shown = printed(outcome, "", "[Execution timed out.]").trim();
  if (shown === "") return "No output. Did you forget to print the result?";
  return cut((format === "code" ? pythonLiteralText(shown) : undefined) ?? shown);
}

function cut(text: string): string {
  if (text.length <= maxCharacters) return text;
  // Python counts characters, not halves of them.
  const chars = Array.from(text);
  if (chars.length <= maxCharacters) return text;
  return `${chars.slice(0, maxCharacters).join("")}...\n[Output Truncated]`;
}

function printed(outcome: Outcome, prompt = "", late = ""): string {
  const parts = outcome.outputs.map((output) => {
    switch (output.type) {
      case "stream":
        return output.name === "stdout" ? output.text : "";
      case "error":
        return output.error.traceback;
      case "value":
        return `${prompt}${output.data["text/plain"] ?? ""}\n`;
      case "display":
        return `${output.data["text/plain"] ?? ""}\n`;
    }
  });
  const isOver = outcome.status === "ok" || outcome.status === "error";
  const death = outcome.status === "timeout" ? late : "[The code crashed.]";
  return parts.join("") + (isOver ? "" : death);
}
