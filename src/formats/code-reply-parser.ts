import type { FunctionDescription, ReplyParser, ReplySegment } from "./format.ts";
import { createTextReplyParser } from "./reply-parser.ts";
import { createToolCallReader } from "./tool-call-reader.ts";

export interface CodeReplyOptions {
  /** How to act, as a sentence for the model. */
  readonly advice: string;
  /** The name of the tool that runs code. */
  readonly toolName: string;
  /** Whether the model was given the tool: then code that it shows in text runs only if no call follows. */
  readonly native: boolean;
  /** Functions of the interpreter that a model may take for tools. */
  readonly functions?: readonly FunctionDescription[];
}

/**
 * Creates the parser of replies that act by code: in text, as `createTextReplyParser` reads it, or in a tool
 * call. Whatever the model was told, it understands both.
 */
export function createCodeReplyParser(options: CodeReplyOptions): ReplyParser {
  const { native, functions = [] } = options;
  const text = createTextReplyParser(options);
  const call = createToolCallReader({ ...options, functions });
  /** Code in text that waits for the end of the reply. */
  let waiting = "";
  let called = false;

  function show(segments: readonly ReplySegment[]): readonly ReplySegment[] {
    if (!native) return segments;
    for (const segment of segments) if (segment.type === "code") waiting += segment.text;
    return segments.filter(({ type }) => type === "text");
  }

  return {
    push: (piece) => (called ? [] : show(text.push(piece))),
    pushToolCall(delta) {
      if (!native && text.complete) return [];
      const code = call.push(delta);
      const shown: ReplySegment[] = [
        { type: "text", text: waiting },
        { type: "code", text: code },
      ];
      called = true;
      waiting = "";
      return shown.filter((segment) => segment.text !== "");
    },
    get complete() {
      return called ? call.complete : !native && text.complete;
    },
    finish() {
      const written = text.finish();
      return called ? call.result(written.text) : written;
    },
  };
}
