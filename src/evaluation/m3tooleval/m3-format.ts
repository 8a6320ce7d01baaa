import type { ActionFormat, ParsedReply, ReplyParser } from "../../formats/format.ts";
import { renderObservation } from "../../formats/render.ts";
import type { FormatName } from "../benchmark.ts";
import { pythonLiteral } from "../../syntax/python-literal.ts";

export interface M3FormatOptions {
  readonly mode: FormatName;
  /** Whether code in a Markdown fence is taken out of it; the original runs the fence as well. */
  readonly unwrapsFences: boolean;
}

/**
 * Creates the format of M3ToolEval: exactly one of `Action: ... End Action` and `Answer: ...` in a reply.
 * A text or JSON action becomes one Python call whose result is printed.
 */
export function createM3Format({ mode, unwrapsFences }: M3FormatOptions): ActionFormat {
  return {
    name: `m3tooleval-${mode}`,
    instructions: () => "",
    createParser: () => createM3Parser((action) => toCode(action, mode, unwrapsFences)),
    render: renderObservation,
  };
}

function createM3Parser(
  compile: (action: string) => string | { readonly fault: string },
): ReplyParser {
  let text = "";
  return {
    push(piece) {
      text += piece;
      return piece === "" ? [] : [{ type: "text", text: piece }];
    },
    get complete() {
      return text.includes(endAction, Math.max(text.indexOf("Action:"), 0));
    },
    finish(): ParsedReply {
      const reply = cutReply(text);
      if (reply.includes("Answer:")) return { kind: "answer", text: reply };
      if (!reply.includes("Action:")) {
        return { kind: "malformed", reason: noMarkReason, text: reply };
      }
      const code = compile(actionOf(reply));
      return typeof code === "string"
        ? { kind: "action", code, text: reply }
        : { kind: "malformed", reason: code.fault, text: reply };
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
  const end = text.indexOf(endAction);
  if (end >= 0) text = text.slice(0, end + endAction.length).trim();
  const thought = text.indexOf("Thought:", marks[0] ?? text.length);
  return thought < 0 ? text : text.slice(0, thought).trim();
}

/** The answer of a reply that has one. */
export function answerOf(reply: string): string {
  return (reply.split("Answer:")[1] ?? "").trim();
}

function actionOf(reply: string): string {
  return (reply.split("Action:")[1] ?? "").split(endAction)[0]!.trim();
}

function toCode(
  action: string,
  mode: FormatName,
  unwrapsFences: boolean,
): string | { readonly fault: string } {
  switch (mode) {
    case "code":
      return unwrapsFences ? unwrapFence(action) : action;
    case "json":
      return compileJson(action);
    case "text": {
      const [tool = "", ...args] = action.split(",").map((part) => part.trim());
      return compileCall(tool, args.map(coerce));
    }
  }
}

function compileJson(action: string): string | { readonly fault: string } {
  let call: unknown;
  try {
    call = JSON.parse(action);
  } catch {
    return { fault: "Invalid action: it is not valid JSON." };
  }
  const { tool, args = [] } = (call ?? {}) as { readonly tool?: unknown; readonly args?: unknown };
  if (typeof tool !== "string") {
    return { fault: "Invalid action: the JSON object has no field 'tool'." };
  }
  return compileCall(tool, Array.isArray(args) ? args : [args]);
}

/** Calls no name but one: code can't hide in the name of a tool. */
function compileCall(tool: string, args: readonly unknown[]): string | { readonly fault: string } {
  if (!/^[A-Za-z_]\w*$/.test(tool)) return { fault: `Could not find the tool '${tool}'.` };
  return `print(${tool}(${args.map(pythonLiteral).join(", ")}))`;
}

/** Reads a text argument as the original does: a whole number, else a number, else text with its quotes. */
function coerce(text: string): number | string {
  if (/^[+-]?\d+$/.test(text)) return Number(text);
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text)) return Number(text);
  return text;
}

function unwrapFence(action: string): string {
  return /^```(?:python|py)?[ \t]*\n([\s\S]*?)\n?```$/i.exec(action)?.[1] ?? action;
}
