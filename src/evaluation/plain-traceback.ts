import type { CellError, Outcome } from "../execution/outcome.ts";

/** The same outcome, with each exception as Python itself shows it: no values, no hints. */
export function plainTraceback(outcome: Outcome): Outcome {
  return {
    ...outcome,
    outputs: outcome.outputs.map((output) =>
      output.type === "error" ? { ...output, error: plainError(output.error) } : output,
    ),
    ...(outcome.error && { error: plainError(outcome.error) }),
  };
}

function plainError(error: CellError): CellError {
  const { hint: _, ...rest } = error;
  const message = error.message === "" ? error.name : `${error.name}: ${error.message}`;
  return { ...rest, traceback: error.pythonTraceback ?? message };
}
