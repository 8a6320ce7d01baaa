import { dedent, pythonPositionAtEnd, type PythonPosition } from "./python-text.ts";
import { findCloser, type Closer } from "./reply-marks.ts";

/** Reads the code of one action, from behind its opening mark to its end. */
export interface CodeReader {
  /** Takes text and returns the code in it for people to see. */
  push(text: string, final: boolean): string;
  readonly complete: boolean;
  /** The code, and the text that closes the reply: as it was written, with a missing mark added. */
  result(): { readonly code: string; readonly text: string };
}

/** How much of a line is kept to tell whether it is blank so far. */
const lineCharacters = 1000;

/**
 * Creates a reader for code that a tag or a fence has opened. A closing mark inside a Python string does
 * not count, unless that string never ends: then the first such mark is taken after all.
 */
export function createCodeReader(opening: { tag: boolean; fence: string }): CodeReader {
  const { tag } = opening;
  let fence = opening.fence;
  /** What stands between the opening mark and the code, such as a second mark. */
  let lead = "";
  let closing = tag ? "</execute>" : fence;
  let started = false;
  let pending = "";
  let code = "";
  /** What the push that goes on adds to the code; slices of the growing code would copy it each time. */
  let shown = "";
  /** The start of the code's last line. */
  let line = "";
  /** Up to here, the start of a line, the code was looked through; `scannedQuote` was open there. */
  let scanned = 0;
  let scannedQuote = "";
  /** What follows the code, when its closing mark was written in full. */
  let tail: string | undefined;
  let closed = false;
  /** Length of the code before the first closing mark that stood in a block string. */
  let doubtful: number | undefined;

  function skip(length: number): void {
    lead += pending.slice(0, length);
    pending = pending.slice(length);
  }

  /** Passes over blank lines and a second opening mark; false when more text is needed. */
  function start(final: boolean): boolean {
    const text = pending.trimStart();
    const indent = pending.length - text.length;
    if (!final && mayBecomeMark(text, tag)) return false;
    const second = (tag ? /^(`{3,})[^\n`]*(?:\n|$)/ : /^<execute>/i).exec(text);
    if (second !== null) {
      skip(indent + second[0].length);
      fence = second[1] ?? fence;
      closing = tag ? `${fence}\n</execute>` : `</execute>\n${fence}`;
    } else {
      // Code on the line of the mark keeps no space before it; code on lines of its own its indentation.
      const blank = /^(?:[ \t]*\n)*/.exec(pending)![0];
      skip(tag && blank === "" ? indent : blank.length);
    }
    started = true;
    return true;
  }

  /** Moves `length` characters of pending text into the code. */
  function advance(length: number): void {
    const text = pending.slice(0, length);
    const newline = text.lastIndexOf("\n");
    if (newline >= 0) line = "";
    if (line.length < lineCharacters) line += text.slice(newline + 1);
    code += text;
    shown += text;
    pending = pending.slice(length);
  }

  /** Where the code so far ends; looks only through lines that are new. */
  function position(): PythonPosition {
    const lineStart = code.lastIndexOf("\n") + 1;
    const before = pythonPositionAtEnd(code.slice(scanned, lineStart), scannedQuote);
    // A string that a backslash carries over the line's end is looked through again.
    if (before.kind !== "line-string") {
      scanned = lineStart;
      scannedQuote = before.kind === "block-string" ? before.quote : "";
    }
    return pythonPositionAtEnd(code.slice(scanned), scannedQuote);
  }

  function close(closer: Closer): void {
    const proper = closing === "</execute>" ? closer.kind === "tag" : closer.kind === "fence";
    if (closer.whole && proper && !closing.includes("\n")) {
      tail = pending.slice(0, closer.length);
    }
    closed = true;
    pending = "";
  }

  /** Decides whether a closing mark counts where it stands; undefined when more text is needed. */
  function counts(closer: Closer, final: boolean): boolean | undefined {
    const at = position();
    switch (at.kind) {
      case "code":
        return true;
      case "comment":
        return closer.kind !== "fence";
      case "line-string": {
        const rest = pending.slice(closer.length);
        const newline = rest.indexOf("\n");
        if (newline < 0 && !final && !rest.includes(at.quote)) return undefined;
        return !(newline < 0 ? rest : rest.slice(0, newline)).includes(at.quote);
      }
      case "block-string":
        doubtful ??= code.length;
        return false;
    }
  }

  return {
    get complete() {
      return closed;
    },
    push(text, final) {
      if (closed) return "";
      pending += text;
      if (!started && !start(final)) return "";
      shown = "";
      while (pending !== "") {
        const found = findCloser(pending, line, fence, final);
        advance(typeof found === "number" ? found : found.index);
        if (typeof found === "number") break;
        const verdict = counts(found, final);
        if (verdict === undefined) break;
        if (verdict) {
          close(found);
          break;
        }
        advance(Math.max(found.length, 1));
      }
      return shown;
    },
    result() {
      let body = code;
      if (!closed) {
        const open = position().kind === "block-string";
        if (open && doubtful !== undefined) body = code.slice(0, doubtful);
        else body = code.replace(/(<\/(e(x(e(c(u(te?)?)?)?)?)?)?|\n[ \t]*`{1,2})\s*$/i, "");
      }
      const text =
        tail === undefined ? `${lead}${body.trimEnd()}\n${closing}` : `${lead}${body}${tail}`;
      const trimmed = body.replace(/^(?:[ \t]*\n)+/, "").trimEnd();
      return { code: dedent(trimmed), text };
    },
  };
}

/** Tells whether text at the start of the code may still turn out to be a second opening mark. */
function mayBecomeMark(text: string, tag: boolean): boolean {
  return tag ? /^(?:`{0,2}|`{3,}[^\n`]*)$/.test(text) : "<execute>".startsWith(text.toLowerCase());
}
