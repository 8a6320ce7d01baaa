/** How much of a line is looked at to tell what it is; keeps endless lines cheap. */
export const markLineCharacters = 1000;

/** A mark that means something in prose. `end`: a chat template's token after which nothing counts. */
export type MarkKind =
  | "execute"
  | "execute-end"
  | "thought"
  | "think"
  | "think-end"
  | "call"
  | "end";

export interface Mark {
  readonly kind: MarkKind;
  readonly length: number;
}

const marks: readonly (readonly [string, MarkKind])[] = [
  ["<execute>", "execute"],
  ["</execute>", "execute-end"],
  ["<thought>", "thought"],
  ["</thought>", "thought"],
  ["<think>", "think"],
  ["</think>", "think-end"],
  ["<tool_call>", "call"],
  ["<function_call>", "call"],
  ["[tool_calls]", "call"],
  ["<|python_tag|>", "call"],
  ["<|im_end|>", "end"],
  ["<|im_start|>", "end"],
  ["<|endoftext|>", "end"],
  ["<|eot_id|>", "end"],
  ["<|eom_id|>", "end"],
];

/** Reads the mark at `index`. `partial`: what is there may become a mark once more text arrives. */
export function markAt(text: string, index: number, final: boolean): Mark | "partial" | undefined {
  const lower = text.slice(index, index + 16).toLowerCase();
  for (const [name, kind] of marks) {
    if (lower.startsWith(name)) return { kind, length: name.length };
  }
  const named = /^<function=[\w.-]{1,64}>/i.exec(text.slice(index, index + 80));
  if (named !== null) return { kind: "call", length: named[0].length };
  const start = text.slice(index, index + 75);
  if (
    !final &&
    /^<(?:f(?:u(?:n(?:c(?:t(?:i(?:on?)?)?)?)?)?)?)?$|^<function=[\w.-]{0,64}$/i.test(start)
  ) {
    return "partial";
  }
  if (!final && marks.some(([name]) => name.startsWith(lower))) return "partial";
  return undefined;
}

/** A place where the code of an action may end. */
export interface Closer {
  readonly index: number;
  /** Characters of the mark itself. */
  readonly length: number;
  readonly kind: "tag" | "fence" | "observation" | "end";
  /** Whether the mark is written in full. */
  readonly whole: boolean;
}

const closingStarts = [
  "</execute",
  ...marks.filter(([, kind]) => kind === "end").map(([name]) => name),
];

const observationLabel = "Execution Output:";

/**
 * Finds the first closing mark in `text`: the tag, a fence, a template's end token,
 * or the label with which an invented observation starts. `lineBlank`: whether nothing precedes `text` on its line.
 * A number: nothing up to that index; from there on more text is needed.
 */
export function findCloser(
  text: string,
  lineBlank: boolean,
  fence: string,
  final: boolean,
): Closer | number {
  const candidates = /<|`|~|E|\n/g;
  let blank = lineBlank;
  let lineStart = 0;
  for (let match = candidates.exec(text); match !== null; match = candidates.exec(text)) {
    const index = match.index;
    if (match[0] === "\n") {
      blank = true;
      lineStart = index + 1;
      continue;
    }
    if (match[0] === "E") {
      blank &&= text.slice(lineStart, index).trim() === "";
      if (!blank) continue;
    }
    const closer = closerAt(text.slice(index, index + 64), fence, final);
    if (closer === "partial") return index;
    if (closer !== undefined) return { index, ...closer };
    blank = false;
  }
  return text.length;
}

/** Reads a closing mark at the start of `rest`. */
function closerAt(
  rest: string,
  fence: string,
  final: boolean,
): Omit<Closer, "index"> | "partial" | undefined {
  if (rest[0] === "<") {
    const tag = /^<\/execute([ \t]*>|(?!\w))/i.exec(rest);
    if (tag !== null) {
      const whole = tag[0].endsWith(">");
      if (!whole && !final && /^<\/execute[ \t]*$/i.test(rest)) return "partial";
      return { kind: "tag", length: tag[0].length, whole };
    }
    if (!final && closingStarts.some((start) => start.startsWith(rest.toLowerCase()))) {
      return "partial";
    }
    const mark = markAt(rest, 0, true);
    return mark !== undefined && mark !== "partial" && mark.kind === "end"
      ? { kind: "end", length: mark.length, whole: false }
      : undefined;
  }
  if (rest[0] === "E") {
    if (rest.startsWith(observationLabel)) return { kind: "observation", length: 0, whole: false };
    return !final && observationLabel.startsWith(rest) ? "partial" : undefined;
  }
  if (rest[0] !== fence[0]) return undefined;
  if (rest.startsWith(fence)) {
    return { kind: "fence", length: fence.length, whole: true };
  }
  return !final && fence.startsWith(rest) ? "partial" : undefined;
}

export interface FenceOpening {
  /** The run of backticks or tildes. */
  readonly fence: string;
  /** The first word after it, in lower case. */
  readonly language: string;
  /** Characters up to and including the line's end. */
  readonly length: number;
}

/** Reads the opening of a fenced block at the start of `text`, whose line must be complete. */
export function parseFence(text: string): FenceOpening | undefined {
  const match = /^(`{3,}|~{3,})[ \t]*([^\s`]*)([^\n`]*)(?:\n|$)/.exec(text);
  if (match === null) return undefined;
  const language = match[2]!.toLowerCase().replace(/^\{?\.?|[,}].*$/g, "");
  return { fence: match[1]!, language, length: match[0].length };
}

const pythonLanguages = new Set(["python", "py", "python3", "ipython", "ipython3", "tool_code"]);

/** Tells whether a fence with this language holds Python to be run. */
export function isPythonLanguage(language: string): boolean {
  return pythonLanguages.has(language);
}
