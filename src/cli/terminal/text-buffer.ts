const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** The text that a person edits, with a cursor that stands between two characters as people see them. */
export interface TextBuffer {
  text: string;
  /** Index into `text`. */
  cursor: number;
}

/** Changes a buffer, and returns nothing. */
export type Edit = (buffer: TextBuffer) => void;

/** Puts text at the cursor. */
export function insert(buffer: TextBuffer, text: string): void {
  buffer.text = buffer.text.slice(0, buffer.cursor) + text + buffer.text.slice(buffer.cursor);
  buffer.cursor += text.length;
}

/** Replaces all text; the cursor goes to its end. */
export function replace(buffer: TextBuffer, text: string): void {
  buffer.text = text;
  buffer.cursor = text.length;
}

/** Removes from the cursor to another place and returns what was there. */
export function removeTo(buffer: TextBuffer, place: number): string {
  const [from, to] = [Math.min(place, buffer.cursor), Math.max(place, buffer.cursor)];
  const removed = buffer.text.slice(from, to);
  buffer.text = buffer.text.slice(0, from) + buffer.text.slice(to);
  buffer.cursor = from;
  return removed;
}

/** The place one character before the cursor. */
export function before({ text, cursor }: TextBuffer): number {
  let last = 0;
  for (const { index } of segmenter.segment(text.slice(lineStart({ text, cursor }), cursor))) {
    last = index;
  }
  const start = lineStart({ text, cursor });
  return cursor === start ? Math.max(0, cursor - 1) : start + last;
}

/** The place one character after the cursor. */
export function after({ text, cursor }: TextBuffer): number {
  const [first] = segmenter.segment(text.slice(cursor, cursor + 64));
  return cursor + (first?.segment.length ?? 0);
}

/** Where the word before the cursor starts. */
export function wordStart({ text, cursor }: TextBuffer): number {
  return /[\p{L}\p{N}_]*[^\p{L}\p{N}_]*$/u.exec(text.slice(0, cursor))?.index ?? 0;
}

/** Where the word after the cursor ends. */
export function wordEnd({ text, cursor }: TextBuffer): number {
  return cursor + (/^[^\p{L}\p{N}_]*[\p{L}\p{N}_]*/u.exec(text.slice(cursor))?.[0].length ?? 0);
}

/** Where the cursor's line starts. */
export function lineStart({ text, cursor }: TextBuffer): number {
  return cursor === 0 ? 0 : text.lastIndexOf("\n", cursor - 1) + 1;
}

/** Where the cursor's line ends. */
export function lineEnd({ text, cursor }: TextBuffer): number {
  const end = text.indexOf("\n", cursor);
  return end < 0 ? text.length : end;
}

/** The place in the line above or below at the same column; undefined when there is no such line. */
export function lineAway(buffer: TextBuffer, direction: -1 | 1): number | undefined {
  const column = buffer.cursor - lineStart(buffer);
  const edge = direction < 0 ? lineStart(buffer) - 1 : lineEnd(buffer) + 1;
  if (edge < 0 || edge > buffer.text.length) return undefined;
  const other = { text: buffer.text, cursor: edge };
  return Math.min(lineStart(other) + column, lineEnd(other));
}
