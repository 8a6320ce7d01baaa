import type { FunctionDescription, ParsedReply, ReplyParser, ReplySegment } from "./format.ts";
import { resolveCall, type WrittenCall } from "./function-call.ts";

/** How the calls of a format are written. */
export interface CallSyntax {
  /** Reads what stands between the marks; a text says, for the model, what is wrong. */
  read(body: string, functions: readonly FunctionDescription[]): WrittenCall | string;
  /** Whether a JSON object or list may stand without marks around it. */
  readonly bareJson: boolean;
}

export interface CallParserOptions {
  readonly syntax: CallSyntax;
  /** How to act, as a sentence for the model. */
  readonly advice: string;
  readonly functions?: readonly FunctionDescription[];
  /** Whether words count as the answer only after `Answer:`. Default: true. */
  readonly markedAnswers?: boolean;
}

/** How much of a line is looked at to find a mark. */
const markCharacters = 64;

const actionMark = /^Action[ \t]*:\**[ \t]*/;
const answerMark = /^(?:Final )?Answer[ \t]*:\**[ \t]*/;
const actionEnd =
  /End Action|\n[ \t*]{0,8}(?:Observation|Execution Output|Thought|Action|(?:Final )?Answer)[ \t]{0,2}:/;
/** Long enough for every end of an action. */
const endCharacters = 40;
const answerEnd = /\n[ \t*]*(?:Action|Observation|Execution Output)[ \t]*:[^]*$/;
const starts = ["Action", "Answer", "Final Answer", "<tool_call>", "```json"];

type Mark = { readonly kind: "action" | "answer" | "json"; readonly length: number };

/**
 * Creates the parser of replies that act by calling one function: the first call or answer counts. An action
 * stands between `Action:` and `End Action`; the end may be missing. JSON may also stand alone, in a fence or
 * in `<tool_call>`; JSON that is no call is prose.
 */
export function createCallReplyParser(options: CallParserOptions): ReplyParser {
  const { syntax, advice, functions = [], markedAnswers = true } = options;
  let state: "prose" | "action" | "answer" | "json" = "prose";
  /** Prose that is not decided yet. */
  let pending = "";
  let kept = "";
  let lineBlank = true;
  let inWord = false;
  let ticks = 0;
  /** The mark that opened what may be JSON. */
  let opening = "";
  /** What stands between the marks; looked at only in pieces while it grows. */
  let body = "";
  let tail = "";
  let json: JsonEnd | undefined;
  let found: WrittenCall | undefined;
  let complete = false;
  let segments: ReplySegment[] = [];

  function emit(text: string): void {
    if (text === "") return;
    const last = segments.pop();
    segments.push({ type: "text", text: (last?.text ?? "") + text });
  }

  function take(length: number): void {
    const text = pending.slice(0, length);
    pending = pending.slice(length);
    kept += text;
    emit(text);
    const newline = text.lastIndexOf("\n");
    if (newline >= 0) {
      lineBlank = true;
      ticks = 0;
    }
    const end = text.slice(newline + 1);
    lineBlank &&= /^[\s*_#>-]*$/.test(end);
    ticks += end.split("`").length - 1;
    inWord = /\w$/.test(text.slice(-1));
  }

  /** Decides the next stretch of prose; false when more text is needed. */
  function stepProse(final: boolean): boolean {
    const index = pending.search(/[AF{[<`]/);
    if (index !== 0) {
      take(index < 0 ? pending.length : index);
      return pending !== "";
    }
    const mark = markAt(pending.slice(0, markCharacters), final);
    if (mark === "partial") return false;
    if (mark === undefined) {
      take(1);
      return true;
    }
    opening = pending.slice(0, mark.length);
    kept += opening;
    pending = pending.slice(mark.length);
    state = mark.kind;
    if (mark.kind === "json") json = createJsonEnd();
    return true;
  }

  function markAt(rest: string, final: boolean): Mark | "partial" | undefined {
    const first = rest[0]!;
    if (ticks % 2 === 1 || inWord) return undefined;
    if ((first === "{" || first === "[") && syntax.bareJson && lineBlank) {
      return { kind: "json", length: 0 };
    }
    const whole = final || rest.length === markCharacters;
    if (!whole && starts.some((start) => mayBe(start, rest))) return "partial";
    const action = actionMark.exec(rest);
    if (action !== null) return { kind: "action", length: action[0].length };
    const answer = answerMark.exec(rest);
    if (answer !== null) return { kind: "answer", length: answer[0].length };
    if (/^<tool_call>/i.test(rest)) return { kind: "json", length: "<tool_call>".length };
    const fence = syntax.bareJson && lineBlank ? /^```(?:json)?[ \t]*\n/.exec(rest) : null;
    return fence === null ? undefined : { kind: "json", length: fence[0].length };
  }

  function stepAction(): void {
    const text = tail + pending;
    const end = actionEnd.exec(text);
    if (end !== null) {
      body += text.slice(0, end.index);
      tail = "";
      complete = true;
    } else {
      const settled = Math.max(text.length - endCharacters, 0);
      body += text.slice(0, settled);
      tail = text.slice(settled);
    }
    pending = "";
  }

  /** Reads JSON up to its end; what is no call goes back into the prose. */
  function stepJson(final: boolean): boolean {
    const end = json!.push(pending);
    body += end === undefined ? pending : pending.slice(0, end);
    pending = end === undefined ? "" : pending.slice(end);
    if (end === undefined && !final) return false;
    const read = syntax.read(body, functions);
    const isCall = typeof read === "object";
    if (isCall) {
      found = read;
      complete = true;
      return false;
    }
    state = "prose";
    kept += body;
    lineBlank = false;
    inWord = /\w$/.test(body.slice(-1));
    emit(opening + body);
    body = "";
    return pending !== "";
  }

  function step(final: boolean): boolean {
    if (complete) return false;
    switch (state) {
      case "prose":
        return stepProse(final);
      case "json":
        return stepJson(final);
      case "action":
        stepAction();
        return false;
      case "answer":
        body += pending;
        emit(pending);
        pending = "";
        return false;
    }
  }

  function run(final: boolean): readonly ReplySegment[] {
    segments = [];
    const decide = () => {
      while (pending !== "" && step(final));
    };
    decide();
    if (final && state === "json" && !complete) {
      stepJson(true);
      decide();
    }
    return segments;
  }

  function readAction(): ParsedReply {
    const text = `${kept}${body.trim()}${state === "action" ? " End Action" : ""}`.trim();
    const read = found ?? syntax.read(unwrapFence(body.trim()), functions);
    const call = typeof read === "string" ? read : resolveCall(read, functions);
    if (typeof call === "string") return { kind: "malformed", reason: `${call} ${advice}`, text };
    return { kind: "action", text, ...call };
  }

  return {
    push(text) {
      if (complete) return [];
      pending += text;
      return run(false);
    },
    get complete() {
      return complete;
    },
    finish() {
      run(true);
      if (state === "action") {
        body += tail;
        tail = "";
      }
      if (state === "action" || found !== undefined) return readAction();
      if (state === "answer") {
        const answer = body.replace(answerEnd, "").trim();
        return answer === ""
          ? { kind: "malformed", reason: `The answer is empty. ${advice}`, text: kept.trim() }
          : { kind: "answer", text: answer };
      }
      const text = kept.trim();
      if (text !== "" && !markedAnswers) return { kind: "answer", text };
      const fault =
        text === "" ? "The reply is empty." : "The reply holds no action and no answer.";
      return { kind: "malformed", reason: `${fault} ${advice}`, text };
    },
  };
}

/** Whether `text` is the start of a mark, or a mark whose colon has yet to come. */
function mayBe(start: string, text: string): boolean {
  if (text.length < start.length) return start.startsWith(text);
  return text.startsWith(start) && /^[ \t]*(?::\**[ \t]*)?$/.test(text.slice(start.length));
}

function unwrapFence(body: string): string {
  return /^```\w*[ \t]*\n?([^]*?)\n?[ \t]*```$/.exec(body)?.[1]?.trim() ?? body;
}

/** Finds the end of a JSON value that arrives in pieces. */
interface JsonEnd {
  /** Returns the index in `text` behind the value, once it has ended. */
  push(text: string): number | undefined;
}

function createJsonEnd(): JsonEnd {
  let depth = 0;
  let quote = "";
  let escaped = false;
  let before = "";
  return {
    push(text) {
      for (let index = 0; index < text.length; index++) {
        const char = text[index]!;
        if (escaped) escaped = false;
        else if (quote !== "") {
          if (char === "\\") escaped = true;
          else if (char === quote) quote = "";
        } else if (char === '"' || (char === "'" && "{[(,:".includes(before))) quote = char;
        else if (char === "{" || char === "[") depth += 1;
        else if (char === "}" || char === "]") {
          depth -= 1;
          if (depth <= 0) return index + 1;
        } else if (depth === 0 && char.trim() !== "") return index + 1;
        if (char.trim() !== "") before = char;
      }
      return undefined;
    },
  };
}
