import { createArgumentsReader, type ArgumentsReader } from "./arguments-reader.ts";
import { tidyCode, type ActionReader } from "./code-reader.ts";
import { looksLikePython } from "./python-text.ts";
import { unescape } from "./string-literal.ts";
import { toolAction, type ToolActionOptions } from "./tool-action.ts";

/** JSON at the start of a text, with the name that Mistral's models write before it. */
const jsonStart = /^(?:([\w.-]{1,64}(?:\[CALL_ID\]\w*)?(?:\[ARGS\])?\s*)?\{|\[\s*\{)/;

/** How far JSON is looked for. */
const headCharacters = 200;

/** The mark that closes what an opening mark of a tool call in text began. */
function closingMark(opening: string): string {
  // Llama ends its call with one of its end tokens.
  if (opening.toLowerCase() === "<|python_tag|>") return "<|e";
  const tag = /^<(tool_call|function_call|function)\b/i.exec(opening);
  return tag === null ? "" : `</${tag[1]!.toLowerCase()}>`;
}

/**
 * Creates a reader for a tool call that the model wrote into its text, as chat templates write them: JSON in
 * `<tool_call>` (Hermes, Qwen), `<function=name>` with JSON or with `<parameter=...>` (Llama, Qwen Coder),
 * `[TOOL_CALLS]` with a list or with a name before the arguments (Mistral), and code after `<|python_tag|>`.
 */
export function createEmbeddedCallReader(
  opening: string,
  options: ToolActionOptions,
): ActionReader {
  const closing = closingMark(opening);
  /** The mark names the tool. */
  let name = /=([\w.-]+)>$/.exec(opening)?.[1] ?? "";
  const closer = new RegExp(closing.replace("|", "\\|"), "i");
  /** All text up to the closing mark. It is only looked at in pieces: to search it as it grows would copy it. */
  let body = "";
  /** The end of the text that may yet be the closing mark. */
  let held = "";
  /** The first characters, until it is known whether they are JSON. */
  let head: string | undefined = "";
  let start = 0;
  let reader: ArgumentsReader | undefined;
  let closed = false;

  /** Takes the next stretch of the body and returns the code in it. */
  function take(text: string, final: boolean): string {
    body += text;
    let json = text;
    if (head !== undefined) {
      if (head === "") start = body.length - text.trimStart().length;
      head += head === "" ? text.trimStart() : text;
      const match = jsonStart.exec(head.slice(0, headCharacters));
      if (match !== null) {
        const prefix = match[1] ?? "";
        name = /^[\w.-]*/.exec(prefix)![0] || name;
        start += prefix.length;
        json = head.slice(prefix.length);
        reader = createArgumentsReader();
      }
      if (match !== null || head.length > headCharacters) head = undefined;
    }
    if (reader === undefined) return "";
    const shown = reader.push(json, final);
    if (reader.complete) {
      closed = true;
      body = body.slice(0, start + reader.length);
    }
    return shown;
  }

  return {
    get complete() {
      return closed;
    },
    push(text, final) {
      if (closed) return "";
      const whole = held + text;
      const end = closing === "" ? -1 : whole.search(closer);
      const length = end >= 0 ? end : whole.length - (final ? 0 : heldLength(whole, closing));
      held = whole.slice(length);
      const shown = take(whole.slice(0, length), final || end >= 0);
      closed ||= end >= 0;
      return shown;
    },
    result() {
      const reading = reader?.result() ?? readLoose(body);
      const tool = reading.name ?? name;
      const action = toolAction(tool, reading, options);
      const text = body.trimEnd();
      return { ...action, text: closing.startsWith("</") ? `${text}\n${closing}` : text };
    },
  };
}

/** Characters at the end of `text` with which `mark` may begin. */
function heldLength(text: string, mark: string): number {
  const tail = text.slice(-mark.length).toLowerCase();
  for (let length = Math.min(tail.length, mark.length - 1); length > 0; length--) {
    if (mark.startsWith(tail.slice(-length))) return length;
  }
  return 0;
}

/** Reads arguments that are no JSON: parameters in tags, or the code itself. */
function readLoose(body: string): { readonly code?: string; readonly name?: string } {
  const name = /^\s*<function=([\w.-]+)>/.exec(body)?.[1];
  const named = name === undefined ? {} : { name };
  const parameter = /<parameter=\w+>\n?([^]*?)(?:\n?<\/parameter>|$)/.exec(body)?.[1];
  if (parameter !== undefined) return { ...named, code: tidyCode(parameter) };
  const code = tidyCode(body.replace(/^\s*```\w*\n|\n```\s*$/g, ""));
  return looksLikePython(unescape(code.split("\n", 1)[0]!)) ? { ...named, code } : named;
}
