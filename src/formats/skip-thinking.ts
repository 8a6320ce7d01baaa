import type { ReplyParser } from "./format.ts";

const opening = "<think>";
const closing = "</think>";

/**
 * Makes a parser that is not given what a model thinks between `<think>` and `</think>` before its reply, which
 * servers leave there that do not know the model's marks. Some chat templates open the thinking themselves: what
 * came before a closing mark without an opening one was thinking too, and the reply is read anew from there.
 */
export function skipThinking(create: () => ReplyParser): ReplyParser {
  let parser = create();
  let state: "start" | "thinking" | "reply" = "start";
  /** What may be the opening mark, then the thinking so far. */
  let held = "";
  /** The last characters of the reply, in which a closing mark may begin. */
  let tail = "";

  /** Whether nothing of the reply came after the thinking yet: the space between them is no part of it. */
  let isFresh = false;

  function read(text: string): ReturnType<ReplyParser["push"]> {
    const piece = isFresh ? text.trimStart() : text;
    if (piece === "") return [];
    const seen = tail + piece;
    const end = seen.toLowerCase().indexOf(closing);
    if (end >= 0 && !parser.complete) {
      parser = create();
      return readAfter(seen, end);
    }
    isFresh = false;
    tail = seen.slice(-(closing.length - 1));
    return parser.push(piece);
  }

  function readAfter(text: string, end: number): ReturnType<ReplyParser["push"]> {
    state = "reply";
    isFresh = true;
    tail = "";
    return read(text.slice(end + closing.length));
  }

  return {
    get complete() {
      return parser.complete;
    },
    push(text) {
      if (state === "reply") return read(text);
      held += text;
      if (state === "start") {
        const begun = held.trimStart().toLowerCase();
        if (begun.length < opening.length && opening.startsWith(begun)) return [];
        if (!begun.startsWith(opening)) {
          state = "reply";
          return read(held);
        }
        state = "thinking";
      }
      const end = held.toLowerCase().indexOf(closing);
      return end < 0 ? [] : readAfter(held, end);
    },
    ...(parser.pushToolCall && { pushToolCall: (delta) => parser.pushToolCall?.(delta) ?? [] }),
    finish() {
      if (state === "start") parser.push(held);
      return parser.finish();
    },
  };
}
