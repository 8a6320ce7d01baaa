import type { Outcome, Output } from "../../execution/outcome.ts";
import { observe, statusNote } from "../../formats/observation.ts";
import { terminalText } from "../../formats/terminal-text.ts";

/** Characters of one cell's text that are shown; the model reads more. */
const maxShownCharacters = 4_000;

type Block = "prose" | "python" | "text" | "closed";

/**
 * Writes the work of an agent as Markdown while it happens: prose as it is, code and texts in fences, pictures as
 * data URLs. Each method returns what it added.
 */
export interface MarkdownWriter {
  prose(text: string): string;
  code(text: string): string;
  /** Ends the code, and shows all of it where nothing of it was shown. */
  startCell(code: string): string;
  /** Closes what is open, so that a paragraph may follow. */
  close(): string;
  output(output: Output): string;
  endCell(outcome: Outcome): string;
  /** Whether the end of what was written is this text. */
  endsWith(text: string): boolean;
}

/** Creates a writer for one message. */
export function createMarkdownWriter(): MarkdownWriter {
  let written = "";
  let block: Block = "closed";
  /** The last line of what a cell printed, until it is complete. */
  let line = "";
  let shown = 0;
  let added = "";

  function add(text: string): void {
    written += text;
    added += text;
  }

  /** Runs `write` and returns what it added. */
  function write(write: () => void): string {
    added = "";
    write();
    return added;
  }

  function enter(next: Block): void {
    if (block === next) return;
    leave();
    startParagraph();
    if (next === "python" || next === "text") add(`\`\`\`${next}\n`);
    block = next;
  }

  function startParagraph(): void {
    if (written !== "") add("\n\n".slice(/\n*$/.exec(written.slice(-2))![0].length));
  }

  function leave(): void {
    if (block === "python" || block === "text") {
      add(`${written.endsWith("\n") ? "" : "\n"}\`\`\`\n`);
    }
    block = "closed";
  }

  function addText(text: string): void {
    const left = maxShownCharacters - shown;
    shown += text.length;
    if (left <= 0 || text === "") return;
    enter("text");
    // A fence in a text would end the fence around it.
    add(text.slice(0, left).replaceAll(/^(?= {0,3}`{3})/gm, "    "));
  }

  function addLine(): void {
    addText(terminalText(line));
    line = "";
  }

  function addParts(parts: ReturnType<typeof observe>): void {
    for (const part of parts) {
      if (part.type === "text") {
        if (block === "text" && !written.endsWith("\n")) addText("\n");
        addText(`${part.text.trimEnd()}\n`);
      } else {
        leave();
        startParagraph();
        const shows = part.description.slice(1, -1).replaceAll(/[[\]]/g, "");
        add(`![${shows}](data:${part.mediaType};base64,${part.data})\n`);
      }
    }
  }

  return {
    prose: (text) =>
      write(() => {
        const isNew = block !== "prose";
        if (isNew && text.trim() === "") return;
        enter("prose");
        add(isNew ? text.trimStart() : text);
      }),
    code: (text) =>
      write(() => {
        enter("python");
        add(text);
      }),
    startCell: (code) =>
      write(() => {
        if (block !== "python") {
          enter("python");
          add(code);
        }
        leave();
      }),
    close: () => write(leave),
    output: (output) =>
      write(() => {
        if (output.type === "stream") {
          line += output.text;
          const end = line.lastIndexOf("\n") + 1;
          const lines = line.slice(0, end);
          line = line.slice(end);
          addText(terminalText(lines));
          return;
        }
        addLine();
        if (output.type === "display" && output.update === true) return;
        addParts(observe({ outputs: [output], late: [] }));
      }),
    endCell: (outcome) =>
      write(() => {
        addLine();
        addParts(observe({ outputs: [], late: outcome.late }));
        if (shown > maxShownCharacters) {
          enter("text");
          add(`\n[${shown - maxShownCharacters} more characters]\n`);
        }
        leave();
        shown = 0;
        const note = statusNote(outcome);
        if (note !== undefined) {
          enter("prose");
          add(`_${note.slice(1, -1)}_`);
          leave();
        }
      }),
    endsWith: (text) => written.trimEnd().endsWith(text.trim()),
  };
}
