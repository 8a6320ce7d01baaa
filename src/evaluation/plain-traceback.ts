import type { CellError, Outcome } from "../execution/outcome.ts";

/** The same outcome, with each exception as plain Python shows it: frames and message, no values, no hints. */
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
  const frames = error.frames.flatMap(({ file, line, function: name, source }) => [
    `  File "${file}", line ${line}, in ${name}`,
    ...(source === undefined ? [] : [`    ${source.trim()}`]),
  ]);
  const lines =
    frames.length === 0 ? [message] : ["Traceback (most recent call last):", ...frames, message];
  return { ...rest, traceback: lines.join("\n") };
}
