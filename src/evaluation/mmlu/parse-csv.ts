/** A row of a CSV file, and the number of the line on which it starts. */
export interface CsvRow {
  readonly cells: readonly string[];
  readonly line: number;
}

/** Reads CSV with commas, where quoted cells may hold commas, doubled quotes and line ends. Empty lines are left out. */
export function parseCsv(text: string): readonly CsvRow[] {
  const rows: CsvRow[] = [];
  let cells: string[] = [];
  let line = 1;
  let start = 1;
  let cell = "";
  let quoted = false;
  const endRow = (): void => {
    if (cells.length > 0 || cell !== "") rows.push({ cells: [...cells, cell], line: start });
    cells = [];
    cell = "";
  };
  for (let index = 0; index < text.length; index++) {
    const character = text[index]!;
    if (character === "\n") line += 1;
    if (quoted) {
      if (character !== '"') cell += character;
      else if (text[index + 1] === '"') {
        cell += '"';
        index += 1;
      } else quoted = false;
    } else if (character === '"' && cell === "") quoted = true;
    else if (character === ",") {
      cells.push(cell);
      cell = "";
    } else if (character === "\n") {
      endRow();
      start = line;
    } else if (character !== "\r") cell += character;
  }
  endRow();
  return rows;
}
