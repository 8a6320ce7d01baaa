import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { CodeActError } from "../../errors.ts";
import type { ConversationMeta } from "./conversation-file.ts";
import { readMeta, recordsName } from "./conversation-file.ts";

/** One conversation of a list. */
export interface ConversationEntry extends ConversationMeta {
  readonly id: string;
  readonly folder: string;
  readonly updatedMs: number;
}

/** Lists the conversations of a data folder, the newest first; those without a message are left out. */
export function listConversations(data: string): readonly ConversationEntry[] {
  const parent = conversationsFolder(data);
  if (!existsSync(parent)) return [];
  return readdirSync(parent)
    .filter((id) => existsSync(join(parent, id, recordsName)))
    .map((id) => describe(join(parent, id), id))
    .filter((entry) => entry.exchanges > 0)
    .toSorted((a, b) => b.updatedMs - a.updatedMs || (a.id < b.id ? 1 : -1));
}

/** Finds a conversation by its id or the start of it; without one, the newest. Throws `file_not_found`. */
export function findConversation(data: string, wanted: string | undefined): ConversationEntry {
  const all = listConversations(data);
  const fitting = all.filter(({ id }) => wanted === undefined || id.startsWith(wanted));
  const found = fitting.find(({ id }) => id === wanted) ?? fitting[0];
  if (found === undefined) {
    const what = wanted === undefined ? "an earlier conversation" : `a conversation ${wanted}`;
    throw new CodeActError("file_not_found", `There is no ${what.replace(/^an? /, "")}.`, {
      hint: "List them with `codeact chat --list`.",
    });
  }
  if (wanted !== undefined && fitting.length > 1 && found.id !== wanted) {
    throw new CodeActError(
      "invalid_input",
      `${fitting.length} conversations start with ${wanted}.`,
      {
        hint: "Write more of the name.",
      },
    );
  }
  return found;
}

/** Chooses the id and the folder of a conversation that does not exist yet. */
export function newConversation(
  data: string,
  now = new Date(),
): { readonly id: string; readonly folder: string } {
  const parent = conversationsFolder(data);
  mkdirSync(parent, { recursive: true, mode: 0o700 });
  const day = now.toISOString().slice(0, 10).replaceAll("-", "");
  const id = `${day}-${randomBytes(4).toString("hex").slice(0, 6)}`;
  return { id, folder: join(parent, id) };
}

function conversationsFolder(data: string): string {
  return join(data, "conversations");
}

function describe(folder: string, id: string): ConversationEntry {
  return {
    ...readMeta(folder),
    id,
    folder,
    updatedMs: statSync(join(folder, recordsName)).mtimeMs,
  };
}
