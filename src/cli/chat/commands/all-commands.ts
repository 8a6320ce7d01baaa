import { CodeActError } from "../../../errors.ts";
import { styled } from "../../terminal/terminal-text.ts";
import type { ChatCommand, ChatShell } from "../chat-shell.ts";
import { exportCommand, newCommand, resumeCommand } from "./conversation-commands.ts";
import { filesCommand } from "./file-commands.ts";
import { editCommand, retryCommand, undoCommand } from "./rewind-commands.ts";
import { costCommand, modelCommand, varsCommand } from "./state-commands.ts";

const helpCommand: ChatCommand = {
  name: "help",
  summary: "show this",
  async run({ view }) {
    const { stream } = view;
    const heads = chatCommands.map(({ name, argument = "" }) => `/${name} ${argument}`.trimEnd());
    const width = Math.max(...heads.map((head) => head.length));
    for (const [at, { summary }] of chatCommands.entries()) {
      stream.write(`${styled("cyan", (heads[at] ?? "").padEnd(width), stream)}  ${summary}\n`);
    }
    stream.write(
      [
        "",
        "Enter sends; Alt-Enter, Ctrl-J or a \\ at the end adds a line; text in triple quotes has any number of them.",
        "Ctrl-C interrupts the model and its code, and the session goes on. Ctrl-D leaves.",
        "Up and Ctrl-R find earlier messages; Tab completes commands, files and models.",
        "",
      ].join("\n"),
    );
  },
};

const clearCommand: ChatCommand = {
  name: "clear",
  summary: "clear the screen; the conversation stays",
  async run({ view }) {
    if (view.stream.isTTY === true) view.stream.write("\u001b[H\u001b[2J\u001b[3J");
  },
};

const quitCommand: ChatCommand = {
  name: "quit",
  summary: "leave; the conversation is kept",
  async run(shell) {
    shell.leave();
  },
};

/** The commands of the chat, in the order of its help. */
export const chatCommands: readonly ChatCommand[] = [
  helpCommand,
  undoCommand,
  editCommand,
  retryCommand,
  filesCommand,
  varsCommand,
  modelCommand,
  costCommand,
  exportCommand,
  newCommand,
  resumeCommand,
  clearCommand,
  quitCommand,
];

const aliases: Readonly<Record<string, string>> = { exit: "quit", q: "quit", "?": "help" };

/** Splits a command line into name and argument; undefined when the text is a message. */
export function parseCommand(
  text: string,
): { readonly name: string; readonly argument: string } | undefined {
  const match = /^\/([a-zA-Z?]+)(?:\s+([^]*))?$/.exec(text.trim());
  if (match === null) return undefined;
  return { name: (match[1] ?? "").toLowerCase(), argument: (match[2] ?? "").trim() };
}

/** Finds a command by its name. Throws `invalid_input` with the nearest name when there is none. */
export function findCommand(name: string): ChatCommand {
  const wanted = aliases[name] ?? name;
  const found = chatCommands.find((command) => command.name === wanted);
  if (found !== undefined) return found;
  const near = chatCommands
    .map((command) => ({ name: command.name, distance: distance(wanted, command.name) }))
    .toSorted((a, b) => a.distance - b.distance)[0];
  const isNear = near !== undefined && near.distance <= Math.max(1, wanted.length / 3);
  throw new CodeActError("invalid_input", `There is no command /${name}.`, {
    hint: isNear ? `Did you mean /${near.name}?` : "/help lists the commands.",
  });
}

/** Completes what a person types: a command's name, or its argument. */
export async function completeInput(
  shell: ChatShell,
  typed: string,
): Promise<{ readonly from: number; readonly words: readonly string[] }> {
  const match = /^\/([a-z]*)(\s+)?([^]*)$/.exec(typed);
  if (match === null) return { from: typed.length, words: [] };
  const [, name = "", space, argument = ""] = match;
  if (space === undefined) {
    const words = chatCommands.map((command) => `/${command.name}`);
    return { from: 0, words: words.filter((word) => word.startsWith(typed)) };
  }
  const command = chatCommands.find((each) => each.name === name);
  const words = (await command?.complete?.(shell, argument)) ?? [];
  return { from: typed.length - argument.length, words };
}

/** The number of letters to insert, remove, change or swap to get from one word to the other. */
function distance(from: string, to: string): number {
  const rows = Array.from({ length: from.length + 1 }, (_, i) => [
    i,
    ...Array<number>(to.length).fill(0),
  ]);
  const at = (i: number, j: number): number => rows[i]?.[j] ?? 0;
  for (let j = 0; j <= to.length; j += 1) (rows[0] as number[])[j] = j;
  for (let i = 1; i <= from.length; i += 1) {
    for (let j = 1; j <= to.length; j += 1) {
      const change = from[i - 1] === to[j - 1] ? 0 : 1;
      let best = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + change);
      const isSwap = from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      if (i > 1 && j > 1 && isSwap) best = Math.min(best, at(i - 2, j - 2) + 1);
      (rows[i] as number[])[j] = best;
    }
  }
  return at(from.length, to.length);
}
