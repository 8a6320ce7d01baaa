import { CodeActError } from "../../../errors.ts";
import { summarize } from "../chat.ts";
import type { Undone } from "../chat.ts";
import { count } from "../chat-view.ts";
import type { ChatCommand, ChatShell } from "../chat-shell.ts";
import { titleOf } from "../conversation-file.ts";
import { unquoteMessage } from "../message-source.ts";

/** `/undo`: takes messages back, with all that they did. */
export const undoCommand: ChatCommand = {
  name: "undo",
  argument: "[n]",
  summary: "take the last message back (or n of them), with its variables and files",
  async run(shell, argument) {
    const { chat, view } = shell;
    const wanted = argument === "" ? 1 : Number(argument);
    if (!Number.isInteger(wanted) || wanted < 1) {
      throw new CodeActError("invalid_input", `${argument} is no number of messages.`, {
        hint: "Write /undo, or /undo 2 to take two messages back.",
      });
    }
    const undone = await chat.undo(wanted);
    const left = chat.state.exchanges.length;
    view.note(
      `Back before “${titleOf(undone.task)}”, with variables and files. ${left === 0 ? "The conversation is empty." : `${count(left, "message")} of yours ${left === 1 ? "is" : "are"} left.`}${restoredNote(undone)}`,
    );
  },
};

/** `/edit`: changes the last message and sends it again from where it was. */
export const editCommand: ChatCommand = {
  name: "edit",
  argument: "[text]",
  summary: "change the last message and send it again from where it was",
  async run(shell, argument) {
    const last = lastTask(shell);
    let text = argument;
    if (text === "") {
      const edited = await shell.source.edit(last);
      if (edited.type !== "line") return shell.view.note("Nothing was changed.");
      text = unquoteMessage(edited.text).trim();
      if (text === last) return shell.view.note("Nothing was changed; /retry sends it again.");
    }
    if (text === "") return shell.view.note("Nothing was changed.");
    await again(shell, text);
  },
};

/** `/retry`: sends the last message again. */
export const retryCommand: ChatCommand = {
  name: "retry",
  summary: "send the last message again from where it was",
  async run(shell) {
    await again(shell, lastTask(shell));
  },
};

async function again(shell: ChatShell, task: string): Promise<void> {
  const note = restoredNote(await shell.chat.undo(1));
  if (note !== "") shell.view.note(note.trim());
  await shell.exchange(task);
}

function lastTask({ chat }: ChatShell): string {
  const last = chat.state.exchanges.at(-1);
  if (last !== undefined) return last.task;
  throw new CodeActError("invalid_input", "There is no message yet.", {
    hint: "Write one; /help lists the commands.",
  });
}

function restoredNote({ restored }: Undone): string {
  return restored === undefined ? "" : ` The interpreter is a fresh one. ${summarize(restored)}`;
}
