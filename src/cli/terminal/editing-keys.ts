import type { Key } from "./key-input.ts";
import {
  after,
  before,
  insert,
  lineAway,
  lineEnd,
  lineStart,
  removeTo,
  wordEnd,
  wordStart,
} from "./text-buffer.ts";
import type { TextBuffer } from "./text-buffer.ts";

/** What the editing keys work on: the text, and what was last cut. */
export interface EditedText extends TextBuffer {
  cut: string;
}

type Action = (text: EditedText) => void;

const move =
  (place: (text: EditedText) => number): Action =>
  (text) => {
    text.cursor = place(text);
  };
const remove =
  (place: (text: EditedText) => number): Action =>
  (text) => {
    removeTo(text, place(text));
  };
const cut =
  (place: (text: EditedText) => number): Action =>
  (text) => {
    text.cut = removeTo(text, place(text)) || text.cut;
  };

/** The keys of Emacs and readline. */
const actions: Readonly<Record<string, Action>> = {
  left: move(before),
  "ctrl-b": move(before),
  right: move(after),
  "ctrl-f": move(after),
  home: move(lineStart),
  "ctrl-a": move(lineStart),
  end: move(lineEnd),
  "ctrl-e": move(lineEnd),
  "meta-b": move(wordStart),
  "meta-left": move(wordStart),
  "ctrl-left": move(wordStart),
  "meta-f": move(wordEnd),
  "meta-right": move(wordEnd),
  "ctrl-right": move(wordEnd),
  backspace: remove(before),
  "ctrl-h": remove(before),
  delete: remove(after),
  "ctrl-d": remove(after),
  "ctrl-w": cut(wordStart),
  "meta-backspace": cut(wordStart),
  "meta-d": cut(wordEnd),
  "ctrl-u": cut(lineStart),
  "ctrl-k": cut((text) => (text.cursor === lineEnd(text) ? after(text) : lineEnd(text))),
  "ctrl-y": (text) => insert(text, text.cut),
  "ctrl-j": (text) => insert(text, "\n"),
  "meta-return": (text) => insert(text, "\n"),
  "meta-enter": (text) => insert(text, "\n"),
  enter: (text) => insert(text, "\n"),
  up: (text) => moveBy(text, -1),
  down: (text) => moveBy(text, 1),
};

function moveBy(text: EditedText, direction: -1 | 1): void {
  text.cursor = lineAway(text, direction) ?? text.cursor;
}

/** Names a key, such as `ctrl-a`, `meta-return` or `up`. */
export function keyName(key: Key): string {
  if (key.type === "paste") return "paste";
  return `${key.ctrl ? "ctrl-" : ""}${key.meta ? "meta-" : ""}${key.name}`;
}

/** Changes the text as a key says; false when the key means nothing here. */
export function applyKey(text: EditedText, key: Key): boolean {
  if (key.type === "paste") {
    insert(text, key.text);
    return true;
  }
  const action = actions[keyName(key)];
  if (action !== undefined) action(text);
  else if (key.text !== "") insert(text, key.text);
  else return false;
  return true;
}
