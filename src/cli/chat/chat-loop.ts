import type { CodeActError } from "../../errors.ts";
import { isCodeActError } from "../../errors.ts";
import { safeTerminalText, styled } from "../terminal/terminal-text.ts";
import { formatBytes } from "./chat-view.ts";
import type { ChatShell } from "./chat-shell.ts";
import { findCommand, parseCommand } from "./commands/all-commands.ts";
import { visibleFiles } from "./commands/file-commands.ts";
import { unquoteMessage } from "./message-source.ts";

/** Says that the chat is to end, and how the command ends then. */
export interface Leaving {
  isLeaving: boolean;
  exitCode: number;
}

/** Reads messages and commands, one after the other, until the user leaves or the input is at its end. */
export async function runChatLoop(shell: ChatShell, leaving: Leaving): Promise<void> {
  const { source, view } = shell;
  let interrupts = 0;
  while (!leaving.isLeaving) {
    const result = await source.next();
    if (result.type === "end") return;
    if (result.type === "interrupt") {
      interrupts = result.text === "" ? interrupts + 1 : 0;
      if (interrupts >= 2) return;
      if (interrupts === 1) view.note("Ctrl-C once more, or Ctrl-D, leaves.");
      continue;
    }
    interrupts = 0;
    const text = unquoteMessage(result.text).trim();
    if (text === "") continue;
    const command = parseCommand(text);
    try {
      if (command === undefined) await shell.exchange(text);
      else await findCommand(command.name).run(shell, command.argument);
    } catch (error) {
      // Faults end what was asked for, not the conversation.
      const isFault = isCodeActError(error) || (error instanceof Error && "code" in error);
      if (!isFault) throw error;
      showFault(shell, error);
      if (!source.isInteractive) leaving.exitCode ||= isCodeActError(error) ? error.exitCode : 2;
    }
  }
}

/** Sends one message, shows what comes of it and names the files that it made; returns the exit code for it. */
export async function runExchange(shell: ChatShell, task: string): Promise<number> {
  const { chat, source, view } = shell;
  const controller = new AbortController();
  source.onInterrupt = () => controller.abort();
  let exitCode = 0;
  const before = new Map((await visibleFiles(shell)).map((file) => [file.path, file.modifiedMs]));
  try {
    if (source.isInteractive) view.stream.write("\n");
    for await (const event of chat.send(task, controller.signal)) {
      // A cell that is over, as one that has failed is, waits for no answer.
      const hasFailed = event.type === "output" && event.output.type === "error";
      if (hasFailed || event.type === "cell-end") source.withdraw();
      await shell.show(event);
      if (event.type === "run-end") exitCode = exitCodeOf(event.result);
    }
    const made = await visibleFiles(shell).catch(() => []);
    for (const { path, sizeBytes, modifiedMs } of made) {
      if (before.get(path) === modifiedMs) continue;
      const what = before.has(path) ? "changed" : "made";
      view.note(`${what} ${path} (${formatBytes(sizeBytes)}) · /files get ${path}`);
    }
    if (source.isInteractive) view.stream.write("\n");
  } finally {
    source.onInterrupt = undefined;
    view.pause();
  }
  return exitCode;
}

function exitCodeOf(result: { readonly status: string; readonly error?: CodeActError }): number {
  switch (result.status) {
    case "answered":
      return 0;
    case "aborted":
      return 130;
    default:
      return result.error?.exitCode ?? 1;
  }
}

function showFault({ view }: ChatShell, error: Error): void {
  view.pause();
  const { stream } = view;
  stream.write(`${styled("red", safeTerminalText(error.message), stream)}\n`);
  if (isCodeActError(error) && error.hint !== undefined) {
    stream.write(`  ${safeTerminalText(error.hint)}\n`);
  }
}
