import { stripVTControlCharacters, styleText } from "node:util";
import type { TerminalStream } from "../cli-context.ts";

/** A style of `util.styleText`. */
export type TextStyle = Parameters<typeof styleText>[0];

/** Colours text where the stream is a terminal that wants colours (`NO_COLOR`, `FORCE_COLOR`). */
export function styled(style: TextStyle, text: string, stream: TerminalStream): string {
  return styleText(style, text, { stream });
}

/**
 * Makes untrusted text safe to print: escape sequences and control characters could rewrite the screen,
 * the title or the clipboard. Keeps line feeds, tabs and carriage returns.
 */
export function safeTerminalText(text: string): string {
  return stripVTControlCharacters(text).replaceAll(
    // oxlint-disable-next-line no-control-regex -- control characters are what is removed.
    /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g,
    "",
  );
}
