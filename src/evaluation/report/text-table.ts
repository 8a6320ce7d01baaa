/** A table: a title for each column, and rows of as many cells. */
export interface Table {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const gap = "  ";
/** Words are broken where a column would be wider, if the table is too wide otherwise. */
const wordWidth = 24;

/**
 * Lays a table out for a terminal. Numbers stand at the right of their column. With a `width`, a table that is too
 * wide for it has its titles and long words broken into lines; where that is not enough, its numbers continue below,
 * with the words in front of them again.
 */
export function textTable(table: Table, width = Infinity): string {
  const lines = layOut(table, Infinity);
  if (widthOf(lines) <= width) return lines.join("\n");
  return pieces(table, width)
    .map((piece) => layOut(piece, wordWidth).join("\n"))
    .join("\n\n");
}

/** Tables of some of the columns, each as wide as there is room for: first the words, then numbers that go on. */
function pieces({ header, rows }: Table, width: number): readonly Table[] {
  const firstNumber = header.findIndex((_, column) => isNumberColumn(rows, column));
  const words = firstNumber <= 0 ? 1 : firstNumber;
  const fits = (columns: readonly number[]): boolean =>
    widthOf(layOut(chosen({ header, rows }, columns), wordWidth)) <= width;
  const keys = header.map((_, column) => column).slice(0, words);
  const found: number[][] = [];
  for (let column = words; column < header.length; column++) {
    const last = found.at(-1);
    if (last !== undefined && fits([...keys, ...last, column])) last.push(column);
    else found.push([column]);
  }
  const all = found.length === 0 ? [[]] : found;
  return all.map((columns) => chosen({ header, rows }, [...keys, ...columns]));
}

function chosen({ header, rows }: Table, columns: readonly number[]): Table {
  const of = (row: readonly string[]): readonly string[] =>
    columns.map((column) => row[column] ?? "");
  return { header: of(header), rows: rows.map(of) };
}

function layOut({ header, rows }: Table, cellWidth: number): readonly string[] {
  const isNumber = header.map((_, column) => isNumberColumn(rows, column));
  const wrapped = (row: readonly string[], isHeader: boolean) =>
    row.map((cell, column) => {
      if (cellWidth === Infinity || (isNumber[column] === true && !isHeader)) return [cell];
      return isHeader ? brokenAtSpaces(cell, widest(rows, column)) : broken(cell, cellWidth);
    });
  const head = wrapped(header, true);
  const body = rows.map((row) => wrapped(row, false));
  const widths = header.map((_, column) =>
    Math.max(...[head, ...body].flatMap((row) => row[column]!.map(({ length }) => length))),
  );
  const lines = (row: readonly (readonly string[])[], isHeader: boolean): readonly string[] => {
    const height = Math.max(...row.map(({ length }) => length));
    return Array.from({ length: height }, (_, line) =>
      row
        .map((cell, column) => {
          const text = cell[line - (isHeader ? height - cell.length : 0)] ?? "";
          const isRight = isHeader ? isNumber[column] === true : isNumeric(text);
          return isRight ? text.padStart(widths[column]!) : text.padEnd(widths[column]!);
        })
        .join(gap)
        .trimEnd(),
    );
  };
  return [
    ...lines(head, true),
    widths.map((width) => "-".repeat(width)).join(gap),
    ...body.flatMap((row) => lines(row, false)),
  ];
}

function widest(rows: Table["rows"], column: number): number {
  return Math.max(...rows.map((row) => (row[column] ?? "").length), 0);
}

function brokenAtSpaces(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(word);
  }
  return lines;
}

/** Into lines of at most `width`, at spaces where there are some. */
function broken(text: string, width: number): readonly string[] {
  return brokenAtSpaces(text, width).flatMap((line) => {
    const count = Math.max(1, Math.ceil(line.length / width));
    return Array.from({ length: count }, (_, index) =>
      line.slice(index * width, (index + 1) * width),
    );
  });
}

function widthOf(lines: readonly string[]): number {
  return Math.max(...lines.map(({ length }) => length));
}

/** Writes a table as Markdown; what would start a cell or HTML in it is escaped. */
export function markdownTable({ header, rows }: Table): string {
  const escaped = (cell: string): string =>
    cell
      .replaceAll("|", String.raw`\|`)
      .replaceAll(/<(?=[a-z/!?])/gi, "&lt;")
      .replaceAll(/\s*\n\s*/g, " ");
  const cells = (row: readonly string[]): string => `| ${row.map(escaped).join(" | ")} |`;
  const rule = header.map((_, column) => (isNumberColumn(rows, column) ? "--:" : "---"));
  return [cells(header), cells(rule), ...rows.map(cells)].join("\n");
}

function isNumberColumn(rows: Table["rows"], column: number): boolean {
  return isNumeric(rows[0]?.[column] ?? "");
}

/** Tells whether a cell stands at the right of its column. */
export function isNumeric(cell: string): boolean {
  return /^[~≥<]?[-+$]?[\d.,]+(?: ?%| s)?$|^-$/.test(cell.trim());
}
