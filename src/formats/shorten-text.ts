import { shortenLiteral } from "./shorten-literal.ts";
import { truncateMiddle } from "./truncate.ts";

/** Says how to read a part of the whole text, such as `print(cell_output(3)[5000:9000])`. */
export type HowToRead = (start: number, end: number) => string;

/**
 * Shortens what a cell put out to about `maxCharacters`. JSON and Python's containers lose items and stay whole;
 * other text loses lines of its middle, so that the heads of tables stay. A note tells what is missing and how to
 * read it; it comes on top of `maxCharacters`.
 */
export function shortenText(text: string, maxCharacters: number, howToRead?: HowToRead): string {
  if (text.length <= maxCharacters) return text;
  const page = (start: number) =>
    read(start, Math.min(start + pageCharacters(maxCharacters), text.length));
  const read = (start: number, end: number) =>
    howToRead === undefined ? "" : `: ${howToRead(start, end)} shows more`;
  const literal = shortenLiteral(text, maxCharacters);
  if (literal !== undefined) {
    return `${literal}\n[shortened from ${text.length} characters${page(0)}]`;
  }
  const lines = text.split("\n");
  if (lines.length < 3) return shortenLine(text, maxCharacters, read);
  return shortenLines(lines, text.length, maxCharacters, page);
}

/** A page that the code prints is shortened itself when it is longer than this. */
function pageCharacters(maxCharacters: number): number {
  return Math.max(Math.floor(maxCharacters * 0.9), 100);
}

function shortenLine(
  text: string,
  maxCharacters: number,
  read: (start: number, end: number) => string,
): string {
  const half = Math.floor(maxCharacters / 2);
  return truncateMiddle(
    text,
    maxCharacters,
    read(half, Math.min(half + pageCharacters(maxCharacters), text.length - half)),
  );
}

/** Keeps whole lines at both ends; a line of great length is shortened by itself. */
function shortenLines(
  lines: readonly string[],
  characters: number,
  maxCharacters: number,
  page: (start: number) => string,
): string {
  const longest = Math.max(Math.floor(maxCharacters / 4), 40);
  let isCut = false;
  const shown = (line: string): string => {
    if (line.length <= longest) return line;
    isCut = true;
    return shortenLiteral(line, longest) ?? truncateMiddle(line, longest).replaceAll("\n", " ");
  };
  const head: string[] = [];
  const tail: string[] = [];
  let room = maxCharacters;
  let first = 0;
  let last = lines.length;
  let start = 0;
  // From both ends towards the middle, the head first.
  while (first < last) {
    const fromHead = head.length <= tail.length || used(tail) >= used(head);
    const line = shown(lines[fromHead ? first : last - 1]!);
    if (line.length + 1 > room) break;
    room -= line.length + 1;
    if (fromHead) {
      start += lines[first]!.length + 1;
      head.push(line);
      first += 1;
    } else {
      tail.unshift(line);
      last -= 1;
    }
  }
  const left = lines.slice(first, last);
  const leftCharacters = left.reduce((sum, line) => sum + line.length + 1, 0);
  const note =
    left.length > 0
      ? [
          `[... ${leftCharacters} characters in ${left.length} ${left.length === 1 ? "line" : "lines"} left out${page(start)} ...]`,
        ]
      : [];
  const text = [...head, ...note, ...tail].join("\n");
  return isCut && left.length === 0
    ? `${text.trimEnd()}\n[long lines shortened, from ${characters} characters${page(0)}]`
    : text;
}

function used(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + line.length, 0);
}
