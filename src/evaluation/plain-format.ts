import type { ActionFormat } from "../formats/format.ts";

/** Creates a format without actions: the whole reply is the answer, and nothing of it runs. */
export function createPlainFormat(stop?: readonly string[]): ActionFormat {
  return {
    name: "plain",
    ...(stop && { stop }),
    instructions: () => "",
    createParser() {
      let text = "";
      return {
        complete: false,
        push(piece) {
          text += piece;
          return piece === "" ? [] : [{ type: "text", text: piece }];
        },
        finish: () => ({ kind: "answer", text }),
      };
    },
    render: () => [],
  };
}
