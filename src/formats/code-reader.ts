import type { FunctionCall } from "./format.ts";
import { createPythonScanner, dedent } from "./python-text.ts";
import { findCloser, markLineCharacters, type Closer } from "./reply-marks.ts";

/** Reads one action, from behind its opening mark to its end. */
export interface ActionReader {
  /** Takes text and returns the code in it for people to see. */
  push(text: string, final: boolean): string;
  readonly complete: boolean;
  result(): ActionReading;
}

export interface ActionReading {
  /** Empty when there is none. */
  readonly code: string;
  /** What closes the reply: as it was written, with a missing mark added. */
  readonly text: string;
  /** The function that the code calls, when it was written as a call. */
  readonly call?: FunctionCall;
  /** What is wrong with the action, in place of code. */
  readonly problem?: string;
}

/**
 * Creates a reader for code that a tag or a fence has opened. A closing mark inside a Python string does
 * not count, unless that string never ends: then the first such mark is taken after all.
 */
export function createCodeReader(opening: { tag: boolean; fence: string }): ActionReader {
  const { tag } = opening;
  let fence = opening.fence;
  /** What stands between the opening mark and the code, such as a second mark. */
  let lead = "";
  let closing = tag ? "</execute>" : fence;
  let started = false;
  /** Whether blank lines stand between the opening mark and the code. */
  let ownLine = false;
  let pending = "";
  /** A closing mark at the start of `pending` that counts unless this quote follows on its line, and what follows. */
  let doubt: { readonly quote: string; readonly rest: string[] } | undefined;
  let code = "";
  /** What the push that goes on adds to the code; slices of the growing code would copy it each time. */
  let shown = "";
  /** Whether the code's last line is blank so far. */
  let blank = true;
  const scanner = createPythonScanner();
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
    const lines = /^(?:[ \t]*\n)*/.exec(pending)![0].length;
    if (lines > 0) {
      ownLine = true;
      skip(lines);
    }
    const head = pending.slice(0, markLineCharacters);
    const text = head.trimStart();
    const indent = head.length - text.length;
    const whole = final || head.length === markLineCharacters;
    if (!whole && mayBecomeMark(text, tag)) return false;
    const second = (tag ? /^(`{3,})[^\n`]*(\n|$)/ : /^<execute>/i).exec(text);
    if (second !== null && (final || second[2] !== "")) {
      skip(indent + second[0].length);
      fence = second[1] ?? fence;
      closing = tag ? `${fence}\n</execute>` : `</execute>\n${fence}`;
    } else if (tag && !ownLine) {
      // Code on the line of the mark keeps no space before it; code on lines of its own its indentation.
      skip(indent);
    }
    started = true;
    return true;
  }

  /** Moves `length` characters of pending text into the code. */
  function advance(length: number): void {
    const text = pending.slice(0, length);
    const newline = text.lastIndexOf("\n");
    if (newline >= 0) blank = true;
    blank &&= text.slice(newline + 1).trim() === "";
    code += text;
    shown += text;
    scanner.push(text);
    pending = pending.slice(length);
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
    const at = scanner.position();
    switch (at.kind) {
      case "code":
        return true;
      case "comment":
        return closer.kind !== "fence";
      case "line-string": {
        // Only a quote that follows on the line makes the mark a part of the string.
        const rest = pending.slice(closer.length);
        const found = lineEndOr(at.quote).exec(rest)?.[0];
        if (found === undefined && !final) {
          doubt = { quote: at.quote, rest: [] };
          return undefined;
        }
        return found !== at.quote;
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
      if (doubt !== undefined) {
        doubt.rest.push(text);
        if (!final && !lineEndOr(doubt.quote).test(text)) return "";
        pending += doubt.rest.join("");
        doubt = undefined;
      } else {
        pending += text;
      }
      if (!started && !start(final)) return "";
      shown = "";
      while (pending !== "") {
        const found = findCloser(pending, blank, fence, final);
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
        const open = scanner.position().kind === "block-string";
        if (open && doubtful !== undefined) body = code.slice(0, doubtful);
        else body = code.replace(/(<\/(e(x(e(c(u(te?)?)?)?)?)?)?|\n[ \t]*`{1,2})\s*$/i, "");
      }
      const text =
        tail === undefined ? `${lead}${body.trimEnd()}\n${closing}` : `${lead}${body}${tail}`;
      return { code: tidyCode(body), text };
    },
  };
}

function lineEndOr(quote: string): RegExp {
  return quote === "'" ? /[\n']/ : /[\n"]/;
}

/** Removes empty lines around code, and indentation that its lines share. */
export function tidyCode(code: string): string {
  return dedent(code.replace(/^(?:[ \t]*\n)+/, "").trimEnd());
}

/** Tells whether text at the start of the code may still turn out to be a second opening mark. */
function mayBecomeMark(text: string, tag: boolean): boolean {
  return tag ? /^(?:`{0,2}|`{3,}[^\n`]*)$/.test(text) : "<execute>".startsWith(text.toLowerCase());
}
