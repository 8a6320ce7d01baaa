import { mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, join, resolve } from "node:path";
import { exportMarkdown } from "../../../agent/export/export-markdown.ts";
import { exportNotebook } from "../../../agent/export/export-notebook.ts";
import { CodeActError } from "../../../errors.ts";
import { styled } from "../../terminal/terminal-text.ts";
import { count } from "../chat-view.ts";
import type { ChatCommand, ChatShell } from "../chat-shell.ts";
import { openConversation, titleOf } from "../conversation-file.ts";
import { findConversation, listConversations, newConversation } from "../conversation-list.ts";
import type { ConversationEntry } from "../conversation-list.ts";
import { completePath, saveTo, splitWords, visibleFiles } from "./file-commands.ts";

const shownConversations = 10;

/** `/new`: begins another conversation. */
export const newCommand: ChatCommand = {
  name: "new",
  summary: "begin another conversation; this one is kept",
  async run(shell) {
    const { id, folder } = newConversation(shell.data);
    await shell.switchTo(openConversation(folder, id, shell.view.note));
    shell.view.note(`A fresh conversation with ${shell.chat.model.id}.`);
  },
};

/** `/resume`: goes on with an earlier conversation. */
export const resumeCommand: ChatCommand = {
  name: "resume",
  argument: "[number | id]",
  summary: "list earlier conversations, or go on with one",
  async run(shell, argument) {
    const { chat, view, data } = shell;
    const all = listConversations(data).filter(({ id }) => id !== chat.id);
    if (argument === "") {
      if (all.length === 0) return view.note("There are no earlier conversations.");
      view.stream.write(formatConversations(all.slice(0, shownConversations), view.stream, true));
      return view.note("Go on with one by its number or name: /resume 1");
    }
    const number = /^\d{1,3}$/.test(argument) ? Number(argument) : 0;
    const entry = all[number - 1] ?? findConversation(data, argument);
    if (entry.id === chat.id) {
      throw new CodeActError("invalid_input", "That is this conversation.", {
        hint: "List the others with /resume.",
      });
    }
    await shell.switchTo(openConversation(entry.folder, entry.id, view.note));
  },
  async complete({ data, chat }, argument) {
    const ids = listConversations(data).map(({ id }) => id);
    return ids.filter((id) => id !== chat.id && id.startsWith(argument));
  },
};

/** Writes conversations as a table, the newest first. */
export function formatConversations(
  entries: readonly ConversationEntry[],
  stream: Parameters<typeof styled>[2],
  isNumbered: boolean,
): string {
  const rows = entries.map((entry, at) => {
    const number = isNumbered ? `${String(at + 1).padStart(2)}  ` : "";
    const date = new Date(entry.updatedMs).toISOString().slice(0, 16).replace("T", " ");
    const details = `${date}  ${count(entry.exchanges, "message")}  ${entry.modelId ?? ""}`;
    return `${number}${entry.id}  ${entry.title}\n${" ".repeat(number.length)}${styled("dim", details, stream)}\n`;
  });
  return rows.join("");
}

/** `/export`: writes the conversation as a notebook or as Markdown. */
export const exportCommand: ChatCommand = {
  name: "export",
  argument: "[file.ipynb | file.md]",
  summary: "write the conversation as a Jupyter notebook or as Markdown",
  async run(shell, argument) {
    const { chat, view, context, pythonVersion } = shell;
    const { exchanges, spending } = chat.state;
    if (exchanges.length === 0) {
      throw new CodeActError("invalid_input", "There is nothing to export yet.");
    }
    const name = splitWords(argument)[0] ?? `codeact-${chat.id}.ipynb`;
    const conversation = {
      title: titleOf(exchanges[0]?.task),
      models: spending.map(({ modelId }) => modelId),
      exchanges,
      ...(pythonVersion !== undefined && { pythonVersion }),
    };
    switch (extname(name).toLowerCase()) {
      case ".ipynb":
        view.note(`saved ${saveTo(name, name, exportNotebook(conversation), context.cwd)}`);
        await tellFiles(shell);
        break;
      case ".md":
      case ".markdown": {
        const folder = `${basename(name, extname(name))}-files`;
        const { text, pictures } = exportMarkdown(conversation, folder);
        view.note(`saved ${saveTo(name, name, text, context.cwd)}`);
        for (const { path, data } of pictures) {
          const place = join(dirname(resolve(context.cwd, name)), path);
          mkdirSync(dirname(place), { recursive: true });
          writeFileSync(place, data);
        }
        if (pictures.length > 0) {
          view.note(`saved ${count(pictures.length, "picture")} in ${folder}`);
        }
        break;
      }
      default:
        throw new CodeActError("invalid_input", `${name} is no kind of file that can be written.`, {
          hint: "End its name with .ipynb or .md.",
        });
    }
  },
  async complete({ context }, argument) {
    return completePath(argument, context.cwd);
  },
};

/** A notebook that runs again needs what the code read. */
async function tellFiles(shell: ChatShell): Promise<void> {
  const first = shell.chat.state.exchanges[0]?.snapshotBefore?.files ?? [];
  const present = new Set((await visibleFiles(shell)).map(({ path }) => path));
  const names = first.map(({ path }) => path).filter((path) => present.has(path));
  if (names.length > 0) {
    shell.view.note(`To run it again, keep these files beside it: ${names.join(", ")}`);
  }
}
