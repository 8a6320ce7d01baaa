import { dedent, pythonPositionAtEnd } from "./python-text.ts";
import { findCloser, type Closer } from "./reply-marks.ts";

/** Reads the code of one action, from behind its opening mark to its end. */
export interface CodeReader {
  /** Takes text and returns the code in it for people to see. */
  push(text: string, final: boolean): string;
  readonly complete: boolean;
  /** The code, and the text that closes the reply: as it was written, with a missing mark added. */
  result(): { readonly code: string; readonly text: string };
}

/**
 * Creates a reader for code that a tag or a fence has opened. A closing mark inside a Python string does
 * not count, unless that string never ends: then the first such mark is taken after all.
 */
export function createCodeReader(opening: { tag: boolean; fence: string }): CodeReader {
  let tag = opening.tag;
  let fence = opening.fence;
  /** What stands between the opening mark and the code, such as a second mark. */
  let lead = "";
  let closing = tag ? "</execute>" : fence;
  let started = false;
  let pending = "";
  let code = "";
  /** What follows the code, when its closing mark was written in full. */
  let tail: string | undefined;
  let closed = false;
  /** Length of the code before the first closing mark that stood in a block string. */
  let doubtful: number | undefined;

  /** Passes over blank lines and a second opening mark; false when more text is needed. */
  function start(final: boolean): boolean {
    const blank = /^(?:[ \t]*\n)*/.exec(pending)![0];
    const rest = pending.slice(blank.length);
    const text = rest.trimStart();
    if (text === "" && !final) return false;
    const second = /^(?:(`{3,})[^\n`]*(?:\n|$)|<execute>)/i.exec(text);
    const first = tag ? "```" : "<execute>";
    if (second === null || (second[1] !== undefined) !== tag) {
      const possible = tag
        ? /^`{1,2}$|^`{3,}[^\n`]*$/.test(text)
        : first.startsWith(text.toLowerCase());
      if (possible && !final) return false;
      // Code on the line of a tag keeps no space before it; code on lines of its own keeps its indentation.
      const drop = blank === "" && tag && lead === "" ? pending.length - text.length : blank.length;
      lead += pending.slice(0, drop);
      pending = pending.slice(drop);
      started = true;
      return true;
    }
    if (!second[0].endsWith("\n") && tag && !final) return false;
    const length = pending.length - text.length + second[0].length;
    lead += pending.slice(0, length);
    pending = pending.slice(length);
    if (tag) {
      fence = second[1]!;
      closing = `${fence}\n</execute>`;
    } else {
      closing = `</execute>\n${fence}`;
    }
    tag = !tag;
    started = true;
    return true;
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
    const position = pythonPositionAtEnd(code);
    switch (position.kind) {
      case "code":
        return true;
      case "comment":
        return closer.kind !== "fence";
      case "line-string": {
        const rest = pending.slice(closer.length);
        const newline = rest.indexOf("\n");
        if (newline < 0 && !final && !rest.includes(position.quote)) return undefined;
        return !(newline < 0 ? rest : rest.slice(0, newline)).includes(position.quote);
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
      const before = code.length;
      while (pending !== "") {
        const found = findCloser(pending, 0, code, fence, final);
        const length = typeof found === "number" ? found : found.index;
        code += pending.slice(0, length);
        pending = pending.slice(length);
        if (typeof found === "number") break;
        const verdict = counts(found, final);
        if (verdict === undefined) break;
        if (verdict) {
          close(found);
          break;
        }
        const skip = Math.max(found.length, 1);
        code += pending.slice(0, skip);
        pending = pending.slice(skip);
      }
      return code.slice(before);
    },
    result() {
      let body = code;
      if (!closed) {
        const open = pythonPositionAtEnd(code).kind === "block-string";
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
