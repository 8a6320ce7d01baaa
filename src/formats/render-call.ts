import type { Outcome } from "../execution/outcome.ts";
import type { ContentPart } from "../models/model.ts";
import type { RenderOptions } from "./format.ts";
import { parseLiteral } from "./literal.ts";
import { renderObservation } from "./render.ts";

/** The line with which the result of a call starts. */
export const resultHeading = "Observation:";

/** What a model reads when the function returned nothing and printed nothing. */
export const noResultNotice = "[The function returned nothing]";

/**
 * Renders what came of one call: the value as `str` shows it, what was printed, pictures; of an exception only
 * its last line, because the model wrote no code that a traceback could point at.
 */
export function renderCallResult(outcome: Outcome, options: RenderOptions): readonly ContentPart[] {
  const outputs = outcome.outputs.map((output) => {
    if (output.type === "error") {
      return { ...output, error: { ...output.error, traceback: errorLine(output.error) } };
    }
    if (output.type !== "value") return output;
    return { ...output, data: { ...output.data, ...textOf(output.data["text/plain"]) } };
  });
  const { error } = outcome;
  return renderObservation(
    { ...outcome, outputs, ...(error && { error: { ...error, traceback: errorLine(error) } }) },
    options,
    { heading: resultHeading, empty: noResultNotice, readsOn: false },
  );
}

/** Renders what came of code that was the argument of a call: as of any code, under the heading of a call. */
export function renderCodeResult(outcome: Outcome, options: RenderOptions): readonly ContentPart[] {
  return renderObservation(outcome, options, { heading: resultHeading, empty: noResultNotice });
}

function errorLine({ name, message }: NonNullable<Outcome["error"]>): string {
  const [first = ""] = message.split("\n", 1);
  return `Error: ${name}${first === "" ? "" : `: ${first}`}`;
}

/** A text stands without its quotes. */
function textOf(plain: string | undefined): { readonly "text/plain"?: string } {
  if (plain === undefined || !/^["']/.test(plain)) return {};
  const literal = parseLiteral(plain);
  return typeof literal?.value === "string" ? { "text/plain": literal.value } : {};
}
