import { readFileSync, statSync } from "node:fs";
import { basename, resolve } from "node:path";
import { CodeActError } from "../errors.ts";
import type { SessionFile } from "../execution/files/session-files.ts";
import type { Session } from "../execution/session.ts";
import type { OutputFolder } from "./output-folder.ts";

/** A file of the user that goes into the session's workspace. */
export interface InputFile {
  readonly name: string;
  readonly data: Uint8Array;
}

/** Reads the files named on the command line. Throws before any work is done when one can't be read. */
export function readInputFiles(paths: readonly string[], cwd: string): readonly InputFile[] {
  const files = paths.map((path) => readInputFile(path, cwd));
  const seen = new Set<string>();
  for (const { name } of files) {
    if (seen.has(name)) {
      throw new CodeActError("invalid_input", `Two files are called ${name}.`, {
        hint: "Rename one of them: in the workspace they lie side by side.",
      });
    }
    seen.add(name);
  }
  return files;
}

/** Reads one file of the user; throws `file_not_found`, `permission_denied` or `invalid_input`. */
export function readInputFile(path: string, cwd: string): InputFile {
  const full = resolve(cwd, path);
  try {
    if (statSync(full).isDirectory()) {
      throw new CodeActError("invalid_input", `${path} is a folder, not a file.`, {
        hint: `Name its files, such as ${path.replace(/\/$/, "")}/*.`,
      });
    }
    return { name: basename(full), data: readFileSync(full) };
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR") {
      throw new CodeActError("file_not_found", `The file ${path} does not exist.`, {
        hint: "Check the path.",
        cause,
      });
    }
    if (code === "EACCES" || code === "EPERM") {
      throw new CodeActError("permission_denied", `The file ${path} may not be read.`, {
        hint: "Change its permissions, or run as its owner.",
        cause,
      });
    }
    throw cause;
  }
}

/** The workspace of a session before the code ran. */
export interface WorkspaceSnapshot {
  /** Saves files of the session, or of a fork of it, that are new or changed since then; returns where each went. */
  saveChanges(folder: OutputFolder, fork?: Session): Promise<readonly SavedFile[]>;
}

export interface SavedFile {
  /** In the workspace. */
  readonly path: string;
  readonly savedTo: string;
}

/** Puts the user's files into the workspace and remembers what lies there. */
export async function prepareWorkspace(
  session: Session,
  inputs: readonly InputFile[],
): Promise<WorkspaceSnapshot> {
  const { files } = session;
  if (files === undefined) {
    if (inputs.length > 0) {
      throw new CodeActError("not_supported", "This runtime has no workspace for files.");
    }
    return { saveChanges: async () => [] };
  }
  for (const { name, data } of inputs) await files.write(name, data);
  const before = new Map((await files.list()).map((file) => [file.path, stamp(file)]));

  return {
    async saveChanges(folder, fork = session) {
      const saved: SavedFile[] = [];
      const current = fork.files ?? files;
      for (const file of await current.list()) {
        if (before.get(file.path) === stamp(file) || isByproduct(file.path)) continue;
        saved.push({
          path: file.path,
          savedTo: folder.save(file.path, await current.read(file.path)),
        });
      }
      return saved;
    },
  };
}

function stamp(file: SessionFile): string {
  return `${file.sizeBytes} ${file.modifiedMs}`;
}

/** Caches that tools leave behind are not what the user asked for. */
function isByproduct(path: string): boolean {
  return path.split("/").some((part) => part === "__pycache__" || part.startsWith("."));
}
