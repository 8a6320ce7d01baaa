import type { Outcome } from "../execution/outcome.ts";

const names = new Set(["SyntaxError", "IndentationError", "TabError"]);

/** Tells whether Python could not compile a cell's own code, rather than code that the cell read or evaluated. */
export function isSyntaxError({ error }: Outcome): boolean {
  // An error that was raised while code ran has a stack, which its traceback says first.
  return error !== undefined && names.has(error.name) && !error.traceback.startsWith("Traceback");
}
