import { CodeActError } from "../errors.ts";

/** The fault of a variant that a benchmark does not have. */
export function unknownVariant(
  benchmark: string,
  variant: string,
  known: readonly string[],
): CodeActError {
  return new CodeActError("invalid_input", `${benchmark} has no variant ${variant}.`, {
    hint: `Choose from: ${known.join(", ")}.`,
  });
}
