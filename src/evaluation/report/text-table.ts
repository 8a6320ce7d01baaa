/** A table: a title for each column, and rows of as many cells. */
export interface Table {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Lays a table out for a terminal. Cells that are numbers stand at the right of their column. */
export function textTable({ header, rows }: Table): string {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? "").length)),
  );
  const line = (row: readonly string[], isHeader: boolean): string =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        const right = isHeader ? isNumeric(rows[0]?.[column] ?? "") : isNumeric(cell);
        return right ? cell.padStart(width) : cell.padEnd(width);
      })
      .join("  ")
      .trimEnd();
  return [
    line(header, true),
    widths.map((width) => "-".repeat(width)).join("  "),
    ...rows.map((row) => line(row, false)),
  ].join("\n");
}

/** Writes a table as Markdown. */
export function markdownTable({ header, rows }: Table): string {
  const cells = (row: readonly string[]): string =>
    `| ${row.map((cell) => cell.replaceAll("|", String.raw`\|`).replaceAll("\n", " ")).join(" | ")} |`;
  const rule = header.map((_, column) => (isNumeric(rows[0]?.[column] ?? "") ? "--:" : "---"));
  return [cells(header), cells(rule), ...rows.map(cells)].join("\n");
}

/** Tells whether a cell stands at the right of its column. */
export function isNumeric(cell: string): boolean {
  return /^[~≥<]?[-+$]?[\d.,]+(?: ?%| s)?$|^-$/.test(cell.trim());
}
