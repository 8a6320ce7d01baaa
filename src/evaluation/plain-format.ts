import type { ActionFormat, ReplyParser } from "../formats/format.ts";
import { skipThinking } from "../formats/skip-thinking.ts";

/** Creates a format without actions: the whole reply is the answer, and nothing of it runs. */
export function createPlainFormat(stop?: readonly string[]): ActionFormat {
  return {
    name: "plain",
    ...(stop && { stop }),
    instructions: () => "",
    createParser: () => skipThinking(createPlainParser),
    render: () => [],
  };
}

function createPlainParser(): ReplyParser {
  let text = "";
  return {
    complete: false,
    push(piece) {
      text += piece;
      return piece === "" ? [] : [{ type: "text", text: piece }];
    },
    finish: () => ({ kind: "answer", text }),
  };
}
