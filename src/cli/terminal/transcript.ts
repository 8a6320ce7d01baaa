import type { TerminalStream } from "../cli-context.ts";
import { highlightPython } from "./highlight-python.ts";
import { safeTerminalText, styled } from "./terminal-text.ts";
import type { TextStyle } from "./terminal-text.ts";

/** Writes a conversation as it streams: prose as it is, code behind a bar, output indented. */
export interface Transcript {
  text(text: string): void;
  code(text: string): void;
  output(text: string, style?: TextStyle): void;
  /** Output that stands on lines of its own, whatever was printed before it. */
  block(text: string, style?: TextStyle): void;
  /** One line of the program itself, such as the path of a saved file. */
  note(line: string): void;
  /** Ends what is being written, so that the next thing starts on a line of its own. */
  end(): void;
}

type Section = "none" | "text" | "code" | "output" | "note";

/**
 * Makes a transcript on a stream. All that it is given is untrusted and made safe to print.
 * `indent` stands before each line of output.
 */
export function createTranscript(stream: TerminalStream, indent = "  "): Transcript {
  let section: Section = "none";
  let isLineOpen = false;
  /** White space that is only written once something follows it in the same section. */
  let held = "";
  let code = "";
  let codeLines = 0;

  function enter(next: Section): boolean {
    if (section === next) return false;
    const previous = section;
    end();
    const belongsToCode = next === "output" && previous === "code";
    if (previous !== "none" && !belongsToCode) stream.write("\n");
    section = next;
    return true;
  }

  function end(): void {
    if (section === "code") writeCode(true);
    if (isLineOpen) stream.write("\n");
    isLineOpen = false;
    held = "";
    section = "none";
  }

  function writeCode(isEnd: boolean): void {
    const lines = highlightPython(code, (style, text) => styled(style, text, stream));
    const ready = isEnd && code !== "" ? lines.length : lines.length - 1;
    const bar = styled("dim", "│", stream);
    for (; codeLines < ready; codeLines += 1) stream.write(`${bar} ${lines[codeLines]}\n`);
    if (isEnd) {
      code = "";
      codeLines = 0;
    }
  }

  /** Splits off trailing white space, and drops it when the section ends before anything follows. */
  function release(text: string, isFirst: boolean): string {
    const all = held + text;
    const kept = all.trimEnd();
    held = all.slice(kept.length);
    return isFirst ? kept.replace(/^\s*\n/, "") : kept;
  }

  function output(text: string, style?: TextStyle): void {
    if (text === "") return;
    enter("output");
    for (const line of safeTerminalText(text).split(/(?<=\n)/)) {
      const content = line.replace(/\r?\n$/, "");
      // A bare carriage return starts the line again, as progress bars do.
      const shown = content.replaceAll(/\r+/g, `${stream.isTTY === true ? "\r" : "\n"}${indent}`);
      stream.write(isLineOpen || content === "" ? "" : indent);
      stream.write(style === undefined || shown === "" ? shown : styled(style, shown, stream));
      isLineOpen = !line.endsWith("\n");
      if (!isLineOpen) stream.write("\n");
    }
  }

  return {
    text(text) {
      if (section !== "text" && text.trim() === "") return;
      const written = release(safeTerminalText(text), enter("text"));
      stream.write(written);
      isLineOpen ||= written !== "";
    },
    code(text) {
      if (section !== "code" && text.trim() === "") return;
      code += release(safeTerminalText(text), enter("code"));
      writeCode(false);
    },
    output,
    block(text, style) {
      if (section === "output" && isLineOpen) output("\n");
      output(text.endsWith("\n") ? text : `${text}\n`, style);
    },
    note(line) {
      enter("note");
      stream.write(`${styled("dim", safeTerminalText(line), stream)}\n`);
    },
    end,
  };
}
