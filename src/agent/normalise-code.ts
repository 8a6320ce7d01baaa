const pieces = /("""|''')[^]*?\1|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|(#[^\n]*)|(\s+)/g;

/** Returns Python code without comments and white space, strings kept: equal for code that differs in looks only. */
export function normaliseCode(code: string): string {
  return code.replaceAll(pieces, (piece, _quote, comment?: string, space?: string) =>
    comment === undefined && space === undefined ? piece : "",
  );
}

/** Returns what a cell put out without what differs from run to run: addresses, cell numbers, times. */
export function normaliseOutput(text: string): string {
  return text
    .replaceAll(/0x[0-9a-f]{6,}/gi, "0x")
    .replaceAll(/\bcell \d+/g, "cell")
    .replaceAll(/\bafter \d+(\.\d+)? s\b/g, "after s")
    .trim();
}
