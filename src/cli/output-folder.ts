import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, extname, join, relative, resolve } from "node:path";
import { CodeActError } from "../errors.ts";

/** The folder that receives plots and files; it is made when the first one comes. */
export interface OutputFolder {
  /** Saves a file and returns the path for people; a name that is taken gets a number. */
  save(name: string, data: Uint8Array): string;
}

/** Name of the folder when none is asked for. */
export const defaultOutputFolder = "codeact-output";

/**
 * Chooses the folder. One that was asked for must be writable, otherwise this throws `permission_denied`
 * before any work is done; in place of the default one a temporary folder is taken, so that nothing is lost.
 */
export function createOutputFolder(
  options: { readonly cwd: string; readonly asked?: string },
  onNotice: (notice: string) => void,
): OutputFolder {
  const { cwd, asked } = options;
  let folder = resolve(cwd, asked ?? defaultOutputFolder);
  if (asked !== undefined) {
    makeAskedFolder(folder, asked);
  } else if (!canWrite(folder)) {
    folder = mkdtempSync(join(tmpdir(), `${defaultOutputFolder}-`));
    onNotice(`The current folder can't be written to; plots and files go to ${folder}.`);
  }

  return {
    save(name, data) {
      const path = freePath(folder, name);
      makeFolders(dirname(path));
      // "wx": a file that appeared meanwhile is not replaced either.
      writeFileSync(path, data, { flag: "wx" });
      const shown = relative(cwd, path);
      return shown.startsWith("..") ? path : shown;
    },
  };
}

function makeAskedFolder(folder: string, asked: string): void {
  try {
    makeFolders(folder);
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new CodeActError("permission_denied", `The output folder ${asked} can't be written to.`, {
      hint: "Name another folder with --out.",
      cause,
    });
  }
}

/** Node's own recursive mkdir never returns where a file system refuses every name, as /proc does. */
function makeFolders(folder: string): void {
  if (existsSync(folder)) return;
  makeFolders(dirname(folder));
  mkdirSync(folder);
}

function canWrite(folder: string): boolean {
  let existing = folder;
  while (!existsSync(existing) && dirname(existing) !== existing) existing = dirname(existing);
  try {
    accessSync(existing, constants.W_OK | constants.X_OK);
    return existing !== folder || !isFile(folder);
  } catch {
    return false;
  }
}

function isFile(path: string): boolean {
  return existsSync(path) && !existsSync(`${path}/.`);
}

function freePath(folder: string, name: string): string {
  // The name comes from the sandbox: it must not lead out of the folder.
  const inside = resolve("/", name).slice(1) || "file";
  const extension = extname(inside);
  const stem = inside.slice(0, inside.length - extension.length);
  for (let number = 1; ; number += 1) {
    const candidate = join(folder, number === 1 ? inside : `${stem}-${number}${extension}`);
    if (!existsSync(candidate)) return candidate;
  }
}
