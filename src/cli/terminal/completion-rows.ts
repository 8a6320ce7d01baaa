import stringWidth from "string-width";

const maxRows = 6;

/** Arranges words in columns, as shells do; what does not fit is counted. */
export function completionRows(words: readonly string[], columns: number): readonly string[] {
  if (words.length === 0) return [];
  const width = Math.max(...words.map((word) => stringWidth(word))) + 2;
  const perRow = Math.max(1, Math.floor((columns - 1) / width));
  const rows: string[] = [];
  for (let at = 0; at < words.length && rows.length < maxRows; at += perRow) {
    const row = words
      .slice(at, at + perRow)
      .map((word) => word + " ".repeat(width - stringWidth(word)));
    rows.push(
      row
        .join("")
        .trimEnd()
        .slice(0, columns - 1),
    );
  }
  const left = words.length - perRow * maxRows;
  return left > 0 ? [...rows, `… and ${left} more`] : rows;
}
