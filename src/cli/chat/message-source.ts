import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import type { CliContext } from "../cli-context.ts";
import type { InputHistory } from "../terminal/input-history.ts";
import { editInProgram } from "../terminal/edit-in-program.ts";
import { createLineEditor } from "../terminal/line-editor.ts";
import type { Completer, LineResult } from "../terminal/line-editor.ts";
import { safeTerminalText, styled } from "../terminal/terminal-text.ts";

/** Where the messages of the user come from. */
export interface MessageSource extends Disposable {
  /** Whether a person sits there. */
  readonly isInteractive: boolean;
  /** The next message or command; `initial` is there to be edited. */
  next(initial?: string): Promise<LineResult>;
  /** Has the text changed: by the program that `VISUAL` or `EDITOR` names, else where messages are written. */
  edit(text: string): Promise<LineResult>;
  /** Asks for one line on behalf of code. */
  ask(question: string, password: boolean, initial?: string): Promise<LineResult>;
  /** Takes the question back that code has asked; its answer is then `end`. */
  withdraw(): void;
  /** Called for Ctrl-C while nothing is asked for. */
  onInterrupt: (() => void) | undefined;
}

const quotes = '"""';

/** Whether a message goes on in the next line: after a backslash, and inside of triple quotes. */
export function isOpenMessage(text: string): boolean {
  const isQuoted = text.trimStart().startsWith(quotes);
  if (isQuoted) return !/^\s*"""[^]*"""\s*$/.test(text);
  return text.endsWith("\\");
}

/** Takes the triple quotes off. */
export function unquoteMessage(text: string): string {
  return /^\s*"""\n?([^]*?)\n?"""\s*$/.exec(text)?.[1] ?? text;
}

function quoteMessage(text: string): string {
  return `${quotes}\n${text}\n${quotes}`;
}

/** Reads messages from a person at a terminal, which it has until it is disposed. */
export function createTerminalSource(
  { stdin, stdout, env }: CliContext,
  history: InputHistory,
  complete: Completer,
): MessageSource {
  const editor = createLineEditor(stdin, stdout);
  const next = (initial = ""): Promise<LineResult> =>
    editor.read({
      prompt: styled(["bold", "cyan"], "› ", stdout),
      continuation: styled("dim", "· ", stdout),
      initial,
      history,
      complete,
      isOpen: isOpenMessage,
    });
  return {
    isInteractive: true,
    next,
    async edit(text) {
      const program = env["VISUAL"] || env["EDITOR"];
      if (!program) return await next(text.includes("\n") ? quoteMessage(text) : text);
      const changed = await editor.lend(() => editInProgram(program, text, env));
      return { type: "line", text: changed };
    },
    ask: (question, password, initial = "") =>
      editor.read({
        initial,
        prompt: styled("cyan", `? ${promptText(question, password)}`, stdout),
        hidden: password,
      }),
    withdraw: () => editor.withdraw(),
    get onInterrupt() {
      return editor.onInterrupt;
    },
    set onInterrupt(listener) {
      editor.onInterrupt = listener;
    },
    [Symbol.dispose]: () => editor[Symbol.dispose](),
  };
}

/** What code asks is untrusted; only its last line can stand before the answer. */
function promptText(question: string, password: boolean): string {
  const text = safeTerminalText(question).replaceAll(/[\r\n\t]+/g, " ");
  return `${text.endsWith(" ") || text === "" ? text : `${text} `}${password ? "(hidden) " : ""}`;
}

/** Reads one message per line of a pipe or file, and shows what was read. */
export function createPipeSource(stdin: Readable, show: (message: string) => void): MessageSource {
  const lines = createInterface({ input: stdin, terminal: false })[Symbol.asyncIterator]();

  async function readLine(): Promise<string | undefined> {
    const step = await lines.next();
    return step.done === true ? undefined : step.value;
  }

  async function next(): Promise<LineResult> {
    let text = await readLine();
    if (text === undefined) return { type: "end" };
    while (isOpenMessage(text)) {
      const more = await readLine();
      if (more === undefined) break;
      text = `${text.trimStart().startsWith(quotes) ? text : text.slice(0, -1)}\n${more}`;
    }
    if (text.trim() !== "") show(text);
    return { type: "line", text };
  }

  return {
    isInteractive: false,
    next,
    edit: next,
    async ask() {
      const text = await readLine();
      return text === undefined ? { type: "end" } : { type: "line", text };
    },
    withdraw() {},
    onInterrupt: undefined,
    [Symbol.dispose]() {
      stdin.destroy();
    },
  };
}
