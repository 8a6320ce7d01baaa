import { emitKeypressEvents } from "node:readline";
import type { Readable } from "node:stream";

/** A key, or text that was pasted. */
export type Key =
  | {
      readonly type: "key";
      /** Such as `return`, `up`, `a`; empty for characters without a name. */
      readonly name: string;
      readonly ctrl: boolean;
      readonly meta: boolean;
      /** The character, when it is one. */
      readonly text: string;
    }
  | { readonly type: "paste"; readonly text: string };

/** A terminal's keyboard. */
export interface TerminalInput extends Readable {
  readonly isTTY?: boolean;
  setRawMode?(raw: boolean): unknown;
}

/** Shift-Enter and Alt-Enter, where the terminal tells them from Enter. */
const newLineSequences = new Set(
  ["13;2u", "13;3u", "27;2;13~", "27;3;13~"].map((code) => `\u001b[${code}`),
);

interface Keypress {
  readonly name?: string;
  readonly sequence?: string;
  readonly ctrl: boolean;
  readonly meta: boolean;
}

/** Reads keys one by one until it is disposed. Pasted text arrives in one piece, where the terminal marks it. */
export function readKeys(input: TerminalInput, onKey: (key: Key) => void): Disposable {
  let pasted: string | undefined;

  function onKeypress(text: string | undefined, press: Keypress): void {
    const { name = "", sequence = "", ctrl, meta } = press;
    if (name === "paste-start") pasted = "";
    else if (name === "paste-end") {
      const whole = (pasted ?? "").replaceAll(/\r\n?/g, "\n");
      pasted = undefined;
      onKey({ type: "paste", text: whole });
    } else if (pasted !== undefined) pasted += sequence;
    else if (newLineSequences.has(sequence)) {
      onKey({ type: "key", name: "return", ctrl: false, meta: true, text: "" });
    } else {
      const isText = !ctrl && !meta && text !== undefined && text >= " " && text !== "\u007f";
      onKey({ type: "key", name, ctrl, meta, text: isText ? text : "" });
    }
  }

  emitKeypressEvents(input);
  input.on("keypress", onKeypress);
  input.resume();
  return {
    [Symbol.dispose]() {
      input.off("keypress", onKeypress);
      input.pause();
    },
  };
}
