import type { Outcome } from "../execution/outcome.ts";
import type { ContentPart } from "../models/model.ts";
import type { RenderOptions } from "./format.ts";
import { filesNote, observe, statusNote, type ObservationPart } from "./observation.ts";
import { share } from "./shorten-literal.ts";
import { shortenText } from "./shorten-text.ts";
import { truncateMiddle } from "./truncate.ts";

/** The line with which every observation starts. */
export const observationHeading = "Execution Output:";

/** What a model reads when its code gave nothing to read. */
export const noOutputNotice = "[Code executed successfully with no output]";

/** The words around an observation. */
export interface ObservationWording {
  readonly heading: string;
  /** Stands for outputs where there are none. */
  readonly empty: string;
  /** Whether the model writes code, in which it can read with `cell_output` what was left out. Default: true. */
  readonly readsOn?: boolean;
}

/**
 * Renders what came of a cell: a heading, the outputs in order, and a note when the cell did not end by
 * itself. Text over `maxCharacters` is shortened, and says how the code can read the rest; tracebacks and notes are
 * kept, at the cost of the rest.
 */
export function renderObservation(
  outcome: Outcome,
  options: RenderOptions,
  wording: ObservationWording = { heading: observationHeading, empty: noOutputNotice },
): readonly ContentPart[] {
  const parts: ObservationPart[] = [];
  for (const part of observe(outcome)) {
    if (part.type === "text") {
      if (part.text.trim() !== "") parts.push(part);
    } else {
      parts.push(options.images ? part : { type: "text", text: part.description });
    }
  }
  const changed = filesNote(outcome);
  if (changed !== undefined) parts.push({ type: "text", text: changed });
  const note = statusNote(outcome);
  if (note !== undefined) parts.push({ type: "text", text: note, protected: true });
  if (parts.length === 0) parts.push({ type: "text", text: wording.empty });
  const cell = wording.readsOn === false ? undefined : outcome.executionCount;
  return assemble(fit(parts, options.maxCharacters, cell), wording.heading);
}

/** Shares the characters out: protected texts first, then the others as one text. */
function fit(
  parts: readonly ObservationPart[],
  maxCharacters: number,
  cell: number | undefined,
): readonly ObservationPart[] {
  const total = parts.reduce((sum, part) => sum + (part.type === "text" ? part.text.length : 0), 0);
  if (total <= maxCharacters) return parts;
  const isProtected = (part: ObservationPart) => part.type === "text" && part.protected === true;
  const secured = parts.filter(isProtected);
  // A giant message of an exception must not crowd out all else, nor the other way round.
  const each = Math.floor((maxCharacters * 0.75) / Math.max(secured.length, 1));
  let left = maxCharacters;
  const shortened = parts.map((part) => {
    if (part.type !== "text" || !isProtected(part)) return part;
    const text = truncateMiddle(part.text, each);
    left -= Math.min(text.length, each);
    return { ...part, text };
  });
  const plain = shortened.filter((part) => part.type === "text" && !isProtected(part));
  const lengths = share(
    plain.map((part) => (part.type === "text" ? part.text.length : 0)),
    Math.max(left, 0),
  );
  return shortened.map((part) => {
    const index = plain.indexOf(part);
    if (part.type !== "text" || index < 0) return part;
    const { at } = part;
    const howToRead = (start: number, end: number) =>
      `print(cell_output(${cell})[${start + at!}:${end + at!}])`;
    return {
      ...part,
      text: shortenText(
        part.text,
        lengths[index]!,
        at === undefined || cell === undefined ? undefined : howToRead,
      ),
    };
  });
}

/** Joins texts that follow each other, each on lines of its own. */
function assemble(parts: readonly ObservationPart[], heading: string): readonly ContentPart[] {
  const content: ContentPart[] = [];
  let text = `${heading}\n`;
  for (const part of parts) {
    if (part.type === "text") {
      if (text !== "" && !text.endsWith("\n")) text += "\n";
      text += part.text;
    } else {
      if (text !== "") content.push({ type: "text", text: text.trimEnd() });
      text = "";
      content.push({ type: "image", mediaType: part.mediaType, data: part.data });
    }
  }
  if (text !== "") content.push({ type: "text", text: text.trimEnd() });
  return content;
}
