import type { TerminalStream } from "../cli-context.ts";
import { completionRows } from "./completion-rows.ts";
import { applyKey, keyName } from "./editing-keys.ts";
import type { EditedText } from "./editing-keys.ts";
import { createEditorScreen } from "./editor-screen.ts";
import { createHistoryWalk } from "./history-walk.ts";
import type { HistoryWalk } from "./history-walk.ts";
import type { InputHistory } from "./input-history.ts";
import { readKeys } from "./key-input.ts";
import type { Key, TerminalInput } from "./key-input.ts";
import { layOut } from "./screen-lines.ts";
import { safeTerminalText, styled } from "./terminal-text.ts";
import { lineAway, removeTo, insert, replace } from "./text-buffer.ts";

export interface LineRequest {
  /** Stands before the first line; may hold colours. */
  readonly prompt: string;
  /** Stands before all other lines. */
  readonly continuation?: string;
  /** Text to begin with. */
  readonly initial?: string;
  /** Shows no character of what is written, and keeps it out of the history. */
  readonly hidden?: boolean;
  readonly history?: InputHistory;
  readonly complete?: Completer;
  /** Whether Enter adds a line instead of ending the text. Default: never. */
  readonly isOpen?: (text: string) => boolean;
}

/** What could stand at the end of the text before the cursor. */
export interface Completions {
  /** Where in the text the completed word starts. */
  readonly from: number;
  readonly words: readonly string[];
}

export type Completer = (textBeforeCursor: string) => Promise<Completions>;

/** `interrupt`: Ctrl-C; `end`: Ctrl-D on an empty line, or the terminal is gone. */
export type LineResult =
  | { readonly type: "line"; readonly text: string }
  | { readonly type: "interrupt"; readonly text: string }
  | { readonly type: "end" };

/** Reads text from a person at a terminal. Whoever makes it disposes it, which gives the terminal back. */
export interface LineEditor extends Disposable {
  /** Reads one text. One call at a time. */
  read(request: LineRequest): Promise<LineResult>;
  /** Ends what is being read as if the terminal were gone. */
  withdraw(): void;
  /** Gives the terminal to another program while `work` goes on. Not while something is read. */
  lend<T>(work: () => Promise<T>): Promise<T>;
  /** Called for Ctrl-C while nothing is read. Other keys wait for the next `read`. */
  onInterrupt: (() => void) | undefined;
}

interface Reading {
  readonly request: LineRequest;
  readonly text: EditedText;
  readonly walk: HistoryWalk | undefined;
  search: { query: string; skip: number; readonly original: string } | undefined;
  words: readonly string[];
  readonly done: PromiseWithResolvers<LineResult>;
}

/** Takes a terminal over until it is disposed. */
export function createLineEditor(
  input: TerminalInput,
  output: TerminalStream & { readonly rows?: number },
): LineEditor {
  const screen = createEditorScreen(output);
  let reading: Reading | undefined;
  let waiting: Key[] = [];
  let cut = "";

  takeTerminal();
  let keys = readKeys(input, onKey);
  const onEnd = (): void => finish({ type: "end" });
  const onResize = (): void => draw();
  const onContinue = (): void => {
    takeTerminal();
    draw();
  };
  input.on("end", onEnd);
  input.on("close", onEnd);
  output.on("resize", onResize);
  process.on("SIGCONT", onContinue);

  function takeTerminal(): void {
    input.setRawMode?.(true);
    output.write("\u001b[?2004h"); // pasted text comes marked
  }

  function giveTerminal(): void {
    output.write("\u001b[?2004l");
    input.setRawMode?.(false);
  }

  function onKey(key: Key): void {
    const name = keyName(key);
    if (reading === undefined) {
      if (name === "ctrl-c") {
        waiting = [];
        editor.onInterrupt?.();
      } else waiting.push(key);
      return;
    }
    if (name === "ctrl-z") return suspend();
    if (reading.search !== undefined && searchKey(reading, key, name)) return draw();
    reading.words = [];
    handle(reading, key, name);
    draw();
  }

  function suspend(): void {
    giveTerminal();
    process.kill(process.pid, "SIGTSTP");
  }

  function handle(current: Reading, key: Key, name: string): void {
    const { text, request, walk } = current;
    switch (name) {
      case "ctrl-c":
        return finish({ type: "interrupt", text: text.text });
      case "ctrl-d":
        if (text.text === "") return finish({ type: "end" });
        break;
      case "return":
        return enter(current);
      case "tab":
        void complete(current);
        return undefined;
      case "ctrl-l":
        output.write("\u001b[H\u001b[2J");
        return undefined;
      case "ctrl-r":
        if (walk !== undefined) current.search = { query: "", skip: 0, original: text.text };
        return undefined;
      case "ctrl-p":
      case "up":
        if (lineAway(text, -1) === undefined || name === "ctrl-p") {
          return show(current, walk?.older(text.text));
        }
        break;
      case "ctrl-n":
      case "down":
        if (lineAway(text, 1) === undefined || name === "ctrl-n") {
          return show(current, walk?.newer(text.text));
        }
        break;
      default:
        break;
    }
    text.cut = cut;
    applyKey(text, request.hidden === true ? oneLine(key) : key);
    ({ cut } = text);
  }

  function enter(current: Reading): void {
    const { text, request } = current;
    if (request.isOpen?.(text.text) === true) {
      // A backslash at the end asks for another line and is no part of the text.
      const hasMark = text.cursor === text.text.length && text.text.endsWith("\\");
      if (hasMark) removeTo(text, text.cursor - 1);
      return insert(text, "\n");
    }
    if (request.hidden !== true) request.history?.add(text.text);
    finish({ type: "line", text: text.text });
  }

  function show(current: Reading, entry: string | undefined): void {
    if (entry !== undefined) replace(current.text, entry);
  }

  /** Handles a key of a search; false when it ends the search and then means what it always does. */
  function searchKey(current: Reading, key: Key, name: string): boolean {
    const { search, text, walk } = current;
    if (search === undefined || walk === undefined) return false;
    if (name === "ctrl-g" || name === "ctrl-c") {
      replace(text, search.original);
      current.search = undefined;
      return true;
    }
    if (name === "ctrl-r") search.skip += 1;
    else if (name === "backspace") [search.query, search.skip] = [search.query.slice(0, -1), 0];
    else if (key.type === "key" && key.text !== "") {
      [search.query, search.skip] = [search.query + key.text, 0];
    } else {
      current.search = undefined;
      return name === "escape";
    }
    const found = walk.find(search.query, search.skip);
    if (found !== undefined) replace(text, found);
    else if (name === "ctrl-r") search.skip -= 1;
    return true;
  }

  async function complete(current: Reading): Promise<void> {
    const { text, request } = current;
    const typed = text.text.slice(0, text.cursor);
    const found = await request.complete?.(typed).catch(() => undefined);
    if (found === undefined || reading !== current || text.text.slice(0, text.cursor) !== typed) {
      return;
    }
    const [only] = found.words;
    const common = found.words.length === 1 ? `${only}` : commonStart(found.words);
    if (
      only !== undefined &&
      (found.words.length === 1 || common.length > typed.length - found.from)
    ) {
      removeTo(text, found.from);
      insert(text, found.words.length === 1 && !common.endsWith("/") ? `${common} ` : common);
    } else {
      current.words = found.words;
    }
    draw();
  }

  function draw(): void {
    if (reading === undefined) return;
    const { request, text, search, words } = reading;
    const { prompt, continuation = "" } = request;
    const first = search === undefined ? prompt : searchPrompt(search.query);
    const shown = request.hidden === true ? "" : safeTerminalText(text.text);
    const lines = layOut(
      shown,
      Math.min(text.cursor, shown.length),
      [first, continuation],
      columns(),
    );
    const list = completionRows(words, columns()).map((row) => styled("dim", row, output));
    screen.draw({ ...lines, rows: [...lines.rows, ...list] });
  }

  function columns(): number {
    return screen.columns;
  }

  function searchPrompt(query: string): string {
    return styled("dim", `search ‹${query}› `, output);
  }

  function finish(result: LineResult): void {
    const current = reading;
    if (current === undefined) return;
    current.words = [];
    current.search = undefined;
    current.text.cursor = current.text.text.length;
    draw();
    reading = undefined;
    screen.leave();
    current.done.resolve(result);
  }

  const editor: LineEditor = {
    onInterrupt: undefined,
    withdraw: onEnd,
    async lend(work) {
      keys[Symbol.dispose]();
      giveTerminal();
      try {
        return await work();
      } finally {
        takeTerminal();
        keys = readKeys(input, onKey);
      }
    },
    read(request) {
      const done = Promise.withResolvers<LineResult>();
      const initial = request.initial ?? "";
      reading = {
        request,
        text: { text: initial, cursor: initial.length, cut },
        walk: request.history && createHistoryWalk(request.history.entries),
        search: undefined,
        words: [],
        done,
      };
      if (input.destroyed || input.readableEnded) finish({ type: "end" });
      else draw();
      const typed = waiting;
      waiting = [];
      // What follows a line that ended waits for the next reading.
      for (const key of typed) onKey(key);
      return done.promise;
    },
    [Symbol.dispose]() {
      keys[Symbol.dispose]();
      input.off("end", onEnd);
      input.off("close", onEnd);
      output.off("resize", onResize);
      process.off("SIGCONT", onContinue);
      giveTerminal();
    },
  };
  return editor;
}

function oneLine(key: Key): Key {
  return key.type === "paste" ? { type: "paste", text: key.text.replace(/\n[^]*$/, "") } : key;
}

function commonStart(words: readonly string[]): string {
  const [first = "", ...rest] = words;
  let length = first.length;
  for (const word of rest) while (!word.startsWith(first.slice(0, length))) length -= 1;
  return first.slice(0, length);
}
