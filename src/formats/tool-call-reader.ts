import type { ToolCallDelta, ToolCallPart } from "../models/model.ts";
import { createArgumentsReader } from "./arguments-reader.ts";
import type { ParsedReply } from "./format.ts";
import { toolAction, type ToolActionOptions } from "./tool-action.ts";

/** Reads the tool call of one reply. */
export interface ToolCallReader {
  /** Takes a piece and returns the code in it. */
  push(delta: ToolCallDelta): string;
  /** Whether the call is complete: another one has begun, or its arguments are. */
  readonly complete: boolean;
  /** What the call comes to, after the text that stands before it. */
  result(text: string): ParsedReply;
}

/** What the API accepts as the name of a tool. */
const toolName = /^[\w-]{1,64}$/;

/** Creates a reader. The first call counts; the others are dropped, as text after an action is. */
export function createToolCallReader(
  options: ToolActionOptions & { readonly toolName: string },
): ToolCallReader {
  const reader = createArgumentsReader();
  let first: { readonly index: number; readonly id: string; readonly name: string } | undefined;
  let written = "";
  let complete = false;

  return {
    get complete() {
      return complete;
    },
    push({ index, id = "", name = "", arguments: text }) {
      first ??= { index, id, name };
      complete ||= index !== first.index;
      if (complete) return "";
      written += text;
      const shown = reader.push(text, false);
      complete = reader.complete;
      return shown;
    },
    result(text) {
      reader.push("", true);
      const { id = "", name = "" } = first ?? {};
      const whole = reader.complete ? written.slice(0, reader.length) : written;
      const action = toolAction(name, reader.result(), options);
      const { code, call, problem } = action;
      // History teaches: it has the right name, and arguments that every server can read.
      const toolCall: ToolCallPart = {
        type: "tool-call",
        id,
        name: call === undefined && (code !== "" || !toolName.test(name)) ? options.toolName : name,
        arguments: isObject(whole) ? whole : JSON.stringify({ code }),
      };
      return code === ""
        ? { kind: "malformed", reason: problem ?? options.advice, text, toolCall }
        : { kind: "action", code, text, toolCall, ...(call && { call }) };
    },
  };
}

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
