import type { TerminalStream } from "../cli-context.ts";
import { fitRows } from "./screen-lines.ts";
import type { ScreenLines } from "./screen-lines.ts";

/** The part of the terminal that the editor writes again and again: its lines, from where it began. */
export interface EditorScreen {
  readonly columns: number;
  draw(lines: ScreenLines): void;
  /** Leaves what is drawn as it is; the next output starts below it. */
  leave(): void;
  /** Removes what is drawn. */
  erase(): void;
}

/** Makes a screen on a terminal; it begins where the cursor stands, at the start of a line. */
export function createEditorScreen(
  stream: TerminalStream & { readonly rows?: number },
): EditorScreen {
  let drawn: ScreenLines = { rows: [""], cursorRow: 0, cursorColumn: 0 };

  function toStart(): string {
    const up = drawn.cursorRow === 0 ? "" : `\u001b[${drawn.cursorRow}A`;
    return `${up}\r\u001b[J`;
  }

  return {
    get columns() {
      return Math.max(20, stream.columns ?? 80);
    },
    draw(lines) {
      const shown = fitRows(lines, Math.max(2, (stream.rows ?? 24) - 1));
      const below = shown.rows.length - 1 - shown.cursorRow;
      const up = below === 0 ? "" : `\u001b[${below}A`;
      const right = shown.cursorColumn === 0 ? "" : `\u001b[${shown.cursorColumn}C`;
      stream.write(`${toStart()}${shown.rows.join("\r\n")}${up}\r${right}`);
      drawn = shown;
    },
    leave() {
      const below = drawn.rows.length - 1 - drawn.cursorRow;
      stream.write(`${below === 0 ? "" : `\u001b[${below}B`}\r\n`);
      drawn = { rows: [""], cursorRow: 0, cursorColumn: 0 };
    },
    erase() {
      stream.write(toStart());
      drawn = { rows: [""], cursorRow: 0, cursorColumn: 0 };
    },
  };
}
