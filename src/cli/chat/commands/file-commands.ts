import { existsSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { CodeActError } from "../../../errors.ts";
import type { SessionFile } from "../../../execution/files/session-files.ts";
import { readInputFile } from "../../workspace-files.ts";
import { safeTerminalText, styled } from "../../terminal/terminal-text.ts";
import { formatBytes } from "../chat-view.ts";
import type { ChatCommand, ChatShell } from "../chat-shell.ts";

/** `/files`: shows the session's files, fetches one, or puts one there. */
export const filesCommand: ChatCommand = {
  name: "files",
  argument: "[get NAME [to] | add PATH]",
  summary: "list the session's files, fetch one, or put one there",
  async run(shell, argument) {
    const [action = "", first = "", second] = splitWords(argument);
    if (action === "") return listFiles(shell);
    if (action === "get" && first !== "") return getFile(shell, first, second);
    if (action === "add" && first !== "") {
      for (const path of splitWords(argument).slice(1)) await addFile(shell, path);
      return undefined;
    }
    throw new CodeActError("invalid_input", "/files does not work that way.", {
      hint: "Write /files, /files get NAME [to], or /files add PATH.",
    });
  },
  async complete(shell, argument) {
    const [action = "", typed = ""] = argument.split(/\s+/, 2);
    if (!/\s/.test(argument)) return ["get", "add"].filter((word) => word.startsWith(action));
    if (action === "get") {
      const names = (await visibleFiles(shell)).map(({ path }) => path);
      return names.filter((name) => name.startsWith(typed)).map((name) => `get ${quoted(name)}`);
    }
    if (action !== "add") return [];
    return completePath(typed, shell.context.cwd).map((path) => `add ${path}`);
  },
};

/** Lists the files that are not hidden. */
export async function visibleFiles({ chat }: ChatShell): Promise<readonly SessionFile[]> {
  const files = (await chat.session.files?.list()) ?? [];
  return files.filter(
    ({ path }) => !path.split("/").some((part) => part === "__pycache__" || part.startsWith(".")),
  );
}

async function listFiles(shell: ChatShell): Promise<void> {
  const files = await visibleFiles(shell);
  if (files.length === 0) return shell.view.note("No files. /files add PATH puts one there.");
  const { stream } = shell.view;
  const width = Math.min(50, Math.max(...files.map(({ path }) => path.length)));
  for (const { path, sizeBytes } of files) {
    const size = styled("dim", formatBytes(sizeBytes).padStart(10), stream);
    stream.write(`${safeTerminalText(path).padEnd(width)}${size}\n`);
  }
}

async function getFile(shell: ChatShell, name: string, to: string | undefined): Promise<void> {
  const { chat, folder, view, context } = shell;
  const { files } = chat.session;
  if (files === undefined) throw new CodeActError("not_supported", "This runtime has no files.");
  const data = await files.read(name);
  view.note(
    `saved ${to === undefined ? folder.save(name, data) : saveTo(to, name, data, context.cwd)}`,
  );
}

/** Writes a file where the user wants it; one that is there already is not replaced. */
export function saveTo(to: string, name: string, data: Uint8Array | string, cwd: string): string {
  const asked = resolve(cwd, to);
  const isFolder = existsSync(asked) && statSync(asked).isDirectory();
  const path = isFolder ? join(asked, name.split("/").at(-1) ?? name) : asked;
  try {
    writeFileSync(path, data, { flag: "wx" });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "EEXIST") {
      throw new CodeActError("invalid_input", `The file ${to} is there already.`, {
        hint: "Choose another name.",
        cause,
      });
    }
    if (code === "ENOENT") {
      throw new CodeActError("file_not_found", `The folder ${dirname(to)} does not exist.`, {
        hint: "Make it first, or choose another.",
        cause,
      });
    }
    throw cause;
  }
  const shown = relative(cwd, path);
  return shown.startsWith("..") ? path : shown;
}

async function addFile({ chat, context, view }: ChatShell, path: string): Promise<void> {
  const { name, data } = readInputFile(path, context.cwd);
  await chat.addFile(name, data);
  view.note(`${name} is in the session's folder (${formatBytes(data.length)}).`);
}

/** Splits an argument at white space; quotes and backslashes keep what belongs together. */
export function splitWords(text: string): readonly string[] {
  const words = [...text.matchAll(/"([^"]*)"|'([^']*)'|((?:\\.|[^\s"'])+)/g)];
  return words.map(([, double, single, plain]) => {
    return double ?? single ?? (plain ?? "").replaceAll(/\\(.)/g, "$1");
  });
}

function quoted(name: string): string {
  return /[\s"'\\]/.test(name) ? `"${name}"` : name;
}

/** The paths that start as typed; folders end with `/`. */
export function completePath(typed: string, cwd: string): readonly string[] {
  const folder = typed.includes("/") ? typed.slice(0, typed.lastIndexOf("/") + 1) : "";
  const start = typed.slice(folder.length);
  try {
    return readdirSync(resolve(cwd, folder), { withFileTypes: true })
      .filter(({ name }) => name.startsWith(start) && (start !== "" || !name.startsWith(".")))
      .map((entry) => `${folder}${entry.name}${entry.isDirectory() ? "/" : ""}`);
  } catch {
    return [];
  }
}
