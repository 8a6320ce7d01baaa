import { createCodeReader, type ActionReader } from "./code-reader.ts";
import { createEmbeddedCallReader } from "./embedded-call-reader.ts";
import type { FunctionDescription, ParsedReply, ReplyParser, ReplySegment } from "./format.ts";
import { looksLikePython } from "./python-text.ts";
import {
  isPythonLanguage,
  markAt,
  markLineCharacters,
  parseFence,
  type FenceOpening,
} from "./reply-marks.ts";

export interface TextReplyOptions {
  /** How to act, as a sentence for the model that begins with a verb and ends with a full stop. */
  readonly advice: string;
  /** Functions of the interpreter that a model may take for tools. */
  readonly functions?: readonly FunctionDescription[];
}

/**
 * Creates the parser of code in text. The first action counts; what follows it is dropped. Rules:
 * - `<execute>` opens code at the start of a line; within a line only if code follows on that line or the
 *   line ends there. In backticks, or before prose, it is a mention.
 * - A fence opens code when its language is Python, or when it has none and its first line looks like
 *   Python. Blocks of other languages, shell included, are prose.
 * - Code ends at `</execute>`, a closing fence, a template's end token, or `Execution Output:` at the start
 *   of a line; not within a Python string. At the end of the reply a missing or broken mark is forgiven.
 * - A tool call that the model writes as text, in the way of its chat template, is an action.
 * - Tags of `<thought>` are removed; `<think>` at the start is shown but is neither answer nor history.
 *
 * What it decides never depends on where the pieces are cut: a piece is held back until no later text
 * could change its meaning.
 */
export function createTextReplyParser({ advice, functions = [] }: TextReplyOptions): ReplyParser {
  /** Text that is not decided yet. */
  let pending = "";
  /** The reply as decided so far, without thinking and template tokens. */
  let kept = "";
  /** The reply's prose, as an answer would show it. */
  let prose = "";
  /** The start of the current line up to `pending`, without tags, and its length. */
  let line = "";
  let lineLength = 0;
  /** Runs of backticks on it. */
  let tickRuns = 0;
  let state: "prose" | "listing" | "think" | "code" | "ended" = "prose";
  let listingFence = "";
  let reader: ActionReader | undefined;
  let strayCloseSeen = false;
  let segments: ReplySegment[] = [];

  function emit(type: ReplySegment["type"], text: string): void {
    if (text === "") return;
    const last = segments.at(-1);
    if (last?.type === type) segments[segments.length - 1] = { type, text: last.text + text };
    else segments.push({ type, text });
  }

  /** Moves `length` characters of pending text into the prose, or drops them from it when hidden. */
  function take(length: number, hidden = false): void {
    const text = pending.slice(0, length);
    pending = pending.slice(length);
    kept += text;
    if (hidden) return;
    prose += text;
    const newline = text.lastIndexOf("\n");
    if (newline >= 0) {
      line = "";
      lineLength = 0;
      tickRuns = 0;
    }
    const end = text.slice(newline + 1);
    lineLength += end.length;
    if (line.length < markLineCharacters) line += end.slice(0, markLineCharacters - line.length);
    if (end.startsWith("`")) tickRuns += 1;
    emit("text", text);
  }

  function openAction(length: number, opened: ActionReader): void {
    kept += pending.slice(0, length);
    pending = pending.slice(length);
    reader = opened;
    state = "code";
  }

  function openCode(opening: { tag: boolean; fence: string; length: number }): void {
    openAction(opening.length, createCodeReader(opening));
  }

  /** Decides the next stretch of prose; false when more text is needed. */
  function stepProse(final: boolean): boolean {
    const index = pending.search(/[<`~[]/);
    if (index !== 0) {
      take(index < 0 ? pending.length : index);
      return pending !== "";
    }
    return pending[0] === "<" || pending[0] === "[" ? stepMark(final) : stepTicks(final);
  }

  function stepMark(final: boolean): boolean {
    const mark = markAt(pending, 0, final);
    if (mark === "partial") return false;
    const quoted = tickRuns % 2 === 1;
    if (mark === undefined || (quoted && mark.kind !== "end")) {
      take(1);
      return true;
    }
    switch (mark.kind) {
      case "end":
        pending = "";
        state = "ended";
        return true;
      case "thought":
        take(mark.length, true);
        return true;
      case "think":
        if (prose.trim() !== "") {
          take(mark.length, true);
        } else {
          pending = pending.slice(mark.length);
          kept = "";
          state = "think";
        }
        return true;
      case "think-end":
        // Some chat templates open the thinking themselves, so that only its end is in the reply.
        pending = pending.slice(mark.length);
        kept = "";
        prose = "";
        return true;
      case "execute-end":
        if (line.trim() === "") strayCloseSeen = true;
        take(mark.length);
        return true;
      case "execute":
        return stepExecute(mark.length, final);
      case "call":
        return stepCall(mark.length, final);
    }
  }

  /** In the middle of a line the tag of a tool call is a mention unless JSON or a tag follows. */
  function stepCall(length: number, final: boolean): boolean {
    const opening = pending.slice(0, length);
    if (line.trim() !== "" && /^<\w+>$/.test(opening)) {
      const rest = pending.slice(length, length + markLineCharacters);
      const next = /\S/.exec(rest)?.[0];
      if (next === undefined && !final && rest.length < markLineCharacters) return false;
      if (next === undefined || !"{[<".includes(next)) {
        take(length);
        return true;
      }
    }
    openAction(length, createEmbeddedCallReader(opening, { functions, advice }));
    return true;
  }

  /** In the middle of a line the tag opens code only if what follows on the line looks like code. */
  function stepExecute(length: number, final: boolean): boolean {
    if (line.trim() !== "") {
      const rest = pending.slice(length, length + markLineCharacters);
      const end = rest.search(/\n|<\/execute\b/i);
      if (end < 0 && !final && rest.length < markLineCharacters) return false;
      const first = end < 0 ? rest : rest.slice(0, end);
      const closed = end >= 0 && rest[end] !== "\n";
      const blank = first.trim() === "";
      const code = closed
        ? looksLikePython(first) || /^(?!(?:and|or|to)$)[A-Za-z_]\w*$/.test(first.trim())
        : blank || looksLikePython(first);
      if (!code) {
        take(length);
        return true;
      }
    }
    openCode({ tag: true, fence: "```", length });
    return true;
  }

  function stepTicks(final: boolean): boolean {
    const head = pending.slice(0, markLineCharacters);
    const whole = final || head.length === markLineCharacters;
    const run = /^(`+|~+)/.exec(head)![0];
    if (run.length === head.length && !whole) return false;
    const lineStart = line.trim() === "";
    if (run.length < 3 || (run[0] === "~" && !lineStart)) {
      take(run.length);
      return true;
    }
    if (!head.includes("\n") && !whole) return false;
    // A fence whose line is endless is none.
    const endless = head.length === markLineCharacters && !head.includes("\n");
    const opening = endless ? undefined : parseFence(head);
    if (opening === undefined || (!lineStart && !isPythonLanguage(opening.language))) {
      take(run.length);
      return true;
    }
    return stepFence(opening, final);
  }

  function stepFence(opening: FenceOpening, final: boolean): boolean {
    if (isPythonLanguage(opening.language)) {
      openCode({ tag: false, ...opening });
      return true;
    }
    if (["", "xml", "html", "execute"].includes(opening.language)) {
      const head = pending.slice(opening.length, opening.length + markLineCharacters);
      const body = /^\s*([^\n]*)(\n?)/.exec(head)!;
      if (body[2] === "" && !final && head.length < markLineCharacters) return false;
      const first = body[1]!.trim();
      const python = opening.language === "" && looksLikePython(first);
      if (opening.language === "execute" || python || /^<execute>/i.test(first)) {
        openCode({ tag: false, ...opening });
        return true;
      }
    }
    listingFence = opening.fence;
    state = "listing";
    take(opening.length);
    return true;
  }

  /** Passes over a block that is not to be run, one line at a time. */
  function stepListing(final: boolean): boolean {
    const newline = pending.indexOf("\n");
    if (newline < 0 && !final) {
      const text = pending.slice(0, markLineCharacters).trimStart();
      const short = lineLength + pending.length < markLineCharacters;
      if (short && line.trim() === "" && (text === "" || text[0] === listingFence[0])) return false;
      take(pending.length);
      return false;
    }
    const length = newline < 0 ? pending.length : newline;
    const whole = (line + pending.slice(0, markLineCharacters))
      .slice(0, lineLength + length)
      .trim();
    if (
      lineLength + length < markLineCharacters &&
      whole.startsWith(listingFence) &&
      whole.replaceAll(listingFence[0]!, "") === ""
    ) {
      state = "prose";
    }
    take(newline < 0 ? pending.length : newline + 1);
    return pending !== "";
  }

  function stepThink(final: boolean): boolean {
    const end = pending.search(/<\/think>/i);
    if (end >= 0) {
      emit("text", pending.slice(0, end));
      pending = pending.slice(end + "</think>".length);
      state = "prose";
      line = "";
      return true;
    }
    const tail = pending.lastIndexOf("<");
    const held = tail >= 0 && !final && "</think>".startsWith(pending.slice(tail).toLowerCase());
    const length = held ? tail : pending.length;
    emit("text", pending.slice(0, length));
    pending = pending.slice(length);
    return false;
  }

  function step(final: boolean): boolean {
    switch (state) {
      case "prose":
        return stepProse(final);
      case "listing":
        return stepListing(final);
      case "think":
        return stepThink(final);
      case "code": {
        emit("code", reader!.push(pending, final));
        pending = "";
        return false;
      }
      case "ended":
        pending = "";
        return false;
    }
  }

  function run(final: boolean): readonly ReplySegment[] {
    segments = [];
    while (pending !== "" && step(final));
    if (final && state === "code") emit("code", reader!.push("", true));
    return segments;
  }

  let carriageReturn = "";
  return {
    push(text) {
      if (reader?.complete === true) return [];
      const whole = carriageReturn + text;
      carriageReturn = whole.endsWith("\r") ? "\r" : "";
      pending += whole.slice(0, whole.length - carriageReturn.length).replaceAll("\r\n", "\n");
      return run(false);
    },
    get complete() {
      return reader?.complete ?? false;
    },
    finish(): ParsedReply {
      pending += carriageReturn;
      carriageReturn = "";
      run(true);
      if (reader !== undefined) {
        const { code, text, call, problem } = reader.result();
        const reply = (kept + text).trim();
        if (code !== "") return { kind: "action", code, text: reply, ...(call && { call }) };
        const reason = problem ?? `The code block is empty. ${advice}`;
        return { kind: "malformed", reason, text: reply };
      }
      const text = withoutEndMark(prose.trim());
      const fault = strayCloseSeen
        ? "The reply has </execute> without <execute>."
        : state === "think"
          ? "The reply ended while still thinking; think less."
          : text === ""
            ? "The reply is empty."
            : undefined;
      if (fault === undefined) return { kind: "answer", text };
      const said = strayCloseSeen ? kept.trim() : text;
      return { kind: "malformed", reason: `${fault} ${advice}`, text: said };
    },
  };
}

/** Some servers leave the token in that ends a sequence. */
function withoutEndMark(text: string): string {
  return text.endsWith("</s>") ? text.slice(0, -"</s>".length).trimEnd() : text;
}
