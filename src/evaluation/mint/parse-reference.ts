/**
 * Parses JSON and keeps a `reference` such as `2.0` as that text: by TheoremQA's rules it is another answer than `2`,
 * but a number of JavaScript does not tell them apart. Throws SyntaxError.
 */
export function parseKeepingFloats(json: string): unknown {
  return JSON.parse(
    json,
    function (this: unknown, key: string, value: unknown, context?: { readonly source?: string }) {
      const isWholeFloat =
        key === "reference" &&
        typeof value === "number" &&
        Number.isInteger(value) &&
        context?.source?.includes(".") === true;
      return isWholeFloat ? context.source : value;
    },
  );
}
