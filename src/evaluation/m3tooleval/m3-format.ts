import type { ActionFormat, ParsedReply, ReplyParser } from "../../formats/format.ts";
import { renderObservation } from "../../formats/render.ts";
import { skipThinking } from "../../formats/skip-thinking.ts";
import { compileM3Action, type M3Action, type M3ActionOptions } from "./m3-action.ts";

export interface M3FormatOptions extends M3ActionOptions {
  /** Called with each action that can be run. */
  readonly onAction?: (action: Exclude<M3Action, { readonly fault: string }>) => void;
}

/**
 * Creates the format of M3ToolEval: exactly one of `Action: ... End Action` and `Answer: ...` in a reply.
 * A text or JSON action becomes one Python call whose result is printed.
 */
export function createM3Format({ onAction, ...options }: M3FormatOptions): ActionFormat {
  return {
    name: `m3tooleval-${options.mode}`,
    instructions: () => "",
    createParser: () =>
      skipThinking(() =>
        createM3Parser((text) => {
          const action = compileM3Action(text, options);
          if (!("fault" in action)) onAction?.(action);
          return action;
        }),
      ),
    render: renderObservation,
  };
}

function createM3Parser(compile: (action: string) => M3Action): ReplyParser {
  let text = "";
  return {
    push(piece) {
      text += piece;
      return piece === "" ? [] : [{ type: "text", text: piece }];
    },
    // The original reads a reply to its end, and so does the count of its tokens.
    complete: false,
    finish(): ParsedReply {
      const reply = cutReply(text);
      if (reply.includes("Answer:")) return { kind: "answer", text: reply };
      if (!reply.includes("Action:")) {
        return { kind: "malformed", reason: noMarkReason, text: reply };
      }
      const action = compile(actionOf(reply));
      return "fault" in action
        ? { kind: "malformed", reason: action.fault, text: reply }
        : { kind: "action", code: action.code, text: reply };
    },
  };
}

const endAction = "End Action";

const noMarkReason = "Invalid generation. Your output should contain either 'Action:' or 'Answer:'";

/** Keeps of a reply what the original keeps: the first action or answer, without what the model made up after it. */
export function cutReply(reply: string): string {
  let text = reply.trimStart();
  const marks = [...text.matchAll(/Action:|Answer:/g)].map((mark) => mark.index);
  if (marks[1] !== undefined) text = text.slice(0, marks[1]).trim();
  if (marks.length < 2) return text;
  // The original looks for both behind the action, and in an answer from its seventh character on.
  const start = text.indexOf("Action:") + "Action:".length;
  const end = text.indexOf(endAction, start);
  if (end >= 0) text = text.slice(0, end + endAction.length).trim();
  const thought = text.indexOf("Thought:", start);
  return thought < 0 ? text : text.slice(0, thought).trim();
}

/** The answer of a reply that has one. */
export function answerOf(reply: string): string {
  return (reply.split("Answer:")[1] ?? "").trim();
}

function actionOf(reply: string): string {
  return (reply.split("Action:")[1] ?? "").split(endAction)[0]!.trim();
}
