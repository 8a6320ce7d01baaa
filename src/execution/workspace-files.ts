import { constants } from "node:fs";
import { type FileHandle, mkdir, open, readdir, rename, unlink } from "node:fs/promises";
import { CodeActError, isCodeActError } from "../errors.ts";
import type { SessionFile, SessionFiles } from "./session.ts";

const maxListedFiles = 10_000;
/** Deeper files are not listed: each level holds a descriptor, and a guest may nest without end. */
const maxListedDepth = 64;
const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

export interface WorkspaceFilesOptions {
  /** Who is to own the files that are written, when that is not this process's user. */
  readonly owner?: { readonly uid: number; readonly gid: number };
}

/**
 * Gives access to the files below `root`, which code of a session may change at any moment.
 * Every folder of a path is opened without following links, below the one before it (as openat does, by way
 * of /proc/self/fd), so that no link and no swap of one leads out. Only regular files are read.
 */
export function createWorkspaceFiles(
  root: string,
  options: WorkspaceFilesOptions = {},
): SessionFiles {
  return {
    async list() {
      const found: SessionFile[] = [];
      const folder = await openFolder(root);
      try {
        await listFolder(folder, "", found, 1);
      } finally {
        await folder.close();
      }
      return found.toSorted((a, b) => (a.path < b.path ? -1 : 1));
    },

    async read(path) {
      return await withParent(root, path, undefined, async (parent, name) => {
        const file = await openBelow(parent, name, O_RDONLY | O_NONBLOCK, path);
        try {
          if (!(await file.stat()).isFile()) throw notFound(path);
          return await file.readFile();
        } finally {
          await file.close();
        }
      });
    },

    async write(path, data) {
      await withParent(root, path, options, async (parent, name) => {
        const temporary = `.${process.pid}-${Math.random().toString(36).slice(2)}.part`;
        const file = await openBelow(parent, temporary, O_WRONLY | O_CREAT | O_EXCL, path);
        try {
          await file.writeFile(data);
          if (options.owner !== undefined) await file.chown(options.owner.uid, options.owner.gid);
          await rename(below(parent, temporary), below(parent, name));
        } catch (error) {
          await unlink(below(parent, temporary)).catch(() => undefined);
          throw translate(error, path);
        } finally {
          await file.close();
        }
      });
    },
  };
}

async function listFolder(
  folder: FileHandle,
  prefix: string,
  found: SessionFile[],
  depth: number,
): Promise<void> {
  for (const entry of await readdir(below(folder, "."), { withFileTypes: true })) {
    if (found.length >= maxListedFiles) return;
    const path = `${prefix}${entry.name}`;
    const isFolder = entry.isDirectory();
    if (!isFolder && !entry.isFile()) continue;
    if (isFolder && depth === maxListedDepth) continue;
    try {
      const handle = await openBelow(folder, entry.name, isFolder ? O_DIRECTORY : O_NONBLOCK, path);
      try {
        if (isFolder) await listFolder(handle, `${path}/`, found, depth + 1);
        else await listFile(handle, path, found);
      } finally {
        await handle.close();
      }
    } catch (error) {
      if (!isCodeActError(error)) throw error; // gone, or swapped for something else, since it was listed
    }
  }
}

async function listFile(file: FileHandle, path: string, found: SessionFile[]): Promise<void> {
  const stat = await file.stat();
  if (stat.isFile()) found.push({ path, sizeBytes: stat.size, modifiedMs: stat.mtimeMs });
}

/** Runs `use` with the open folder that holds `path`; with `create`, missing folders are made. */
async function withParent<T>(
  root: string,
  path: string,
  create: WorkspaceFilesOptions | undefined,
  use: (parent: FileHandle, name: string) => Promise<T>,
): Promise<T> {
  const names = splitPath(path);
  const name = names.pop() ?? "";
  let parent = await openFolder(root);
  try {
    for (const folderName of names) {
      if (create !== undefined) await makeFolder(parent, folderName, create);
      const next = await openBelow(parent, folderName, O_DIRECTORY, path);
      await parent.close();
      parent = next;
    }
    return await use(parent, name);
  } finally {
    await parent.close();
  }
}

async function makeFolder(
  parent: FileHandle,
  name: string,
  options: WorkspaceFilesOptions,
): Promise<void> {
  try {
    await mkdir(below(parent, name));
  } catch (error) {
    if (errorCode(error) === "EEXIST") return;
    throw translate(error, name);
  }
  if (options.owner === undefined) return;
  const folder = await openBelow(parent, name, O_DIRECTORY, name);
  try {
    await folder.chown(options.owner.uid, options.owner.gid);
  } finally {
    await folder.close();
  }
}

function splitPath(path: string): string[] {
  const names = path
    .replace(/^\/workspace\//, "")
    .split("/")
    .filter((name) => name !== "" && name !== ".");
  if (path.startsWith("/") && !path.startsWith("/workspace/")) throw outside(path);
  if (names.length === 0 || names.includes("..") || path.includes("\0")) throw outside(path);
  return names;
}

async function openFolder(path: string): Promise<FileHandle> {
  return await open(path, O_DIRECTORY | O_RDONLY);
}

async function openBelow(
  parent: FileHandle,
  name: string,
  flags: number,
  path: string,
): Promise<FileHandle> {
  try {
    return await open(below(parent, name), flags | O_NOFOLLOW, 0o644);
  } catch (error) {
    throw translate(error, path);
  }
}

function below(folder: FileHandle, name: string): string {
  return `/proc/self/fd/${folder.fd}/${name}`;
}

function translate(error: unknown, path: string): unknown {
  switch (errorCode(error)) {
    case "ENOENT":
      return notFound(path);
    case "ELOOP":
    case "ENOTDIR":
      return outside(path);
    case "EACCES":
    case "EPERM":
      return new CodeActError("permission_denied", `The file ${path} may not be opened.`, {
        cause: error,
      });
    case "EISDIR":
    case "ENOTEMPTY":
    case "ENAMETOOLONG":
    case "ENXIO":
      return new CodeActError("invalid_input", `${path} is not the name of a regular file.`, {
        cause: error,
      });
    default:
      return error;
  }
}

function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}

function notFound(path: string): CodeActError {
  return new CodeActError("file_not_found", `There is no regular file ${path} in the workspace.`, {
    hint: "List the session's files to see what is there.",
  });
}

function outside(path: string): CodeActError {
  return new CodeActError(
    "invalid_input",
    `The path ${path} leads out of the workspace or through a link.`,
    {
      hint: "Use a path relative to the workspace, without links.",
    },
  );
}
