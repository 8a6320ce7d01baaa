import stringWidth from "string-width";

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** Text as rows of a terminal, and where its cursor is. */
export interface ScreenLines {
  readonly rows: readonly string[];
  readonly cursorRow: number;
  readonly cursorColumn: number;
}

/**
 * Breaks text into the rows that it takes on a terminal with so many columns. `prompts` stand before the first line
 * and before all others; they may hold colours. No row is wider than the terminal.
 */
export function layOut(
  text: string,
  cursor: number,
  prompts: readonly [first: string, other: string],
  columns: number,
): ScreenLines {
  const rows: string[] = [];
  let row = prompts[0];
  let width = stringWidth(row);
  let cursorRow = 0;
  let cursorColumn = width;

  function next(prompt: string): void {
    rows.push(row);
    row = prompt;
    width = stringWidth(prompt);
  }

  for (const { segment, index } of segmenter.segment(text)) {
    const isBreak = segment === "\n" || segment === "\r\n";
    const shown = segment === "\t" ? "    " : segment;
    const size = isBreak ? 0 : stringWidth(shown);
    if (!isBreak && width + size > columns - 1) next("");
    if (index === cursor) [cursorRow, cursorColumn] = [rows.length, width];
    if (isBreak) next(prompts[1]);
    else {
      row += shown;
      width += size;
    }
  }
  if (cursor >= text.length) [cursorRow, cursorColumn] = [rows.length, width];
  return { rows: [...rows, row], cursorRow, cursorColumn };
}

/** Leaves so many rows around the cursor, because what is above the screen can't be written to. */
export function fitRows(lines: ScreenLines, height: number): ScreenLines {
  const { rows, cursorRow, cursorColumn } = lines;
  if (rows.length <= height) return lines;
  const first = Math.min(Math.max(0, cursorRow - height + 1), rows.length - height);
  return {
    rows: rows.slice(first, first + height),
    cursorRow: cursorRow - first,
    cursorColumn,
  };
}
