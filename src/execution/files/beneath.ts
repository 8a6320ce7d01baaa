import { constants } from "node:fs";
import { type FileHandle, mkdir, open } from "node:fs/promises";
import { CodeActError } from "../../errors.ts";

const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants;

/** Who is to own what is made, when that is not this process's user. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Runs `use` with the open folder that holds `path`, and the name in it. Every folder on the way is opened without
 * following links, below the one before it (as openat does, by way of /proc/self/fd), so that no link and no swap
 * of one leads out of `root`. With `create`, missing folders are made.
 */
export async function withParent<T>(
  root: string,
  path: string,
  create: { readonly owner?: Owner } | undefined,
  use: (parent: FileHandle, name: string) => Promise<T>,
): Promise<T> {
  const names = splitPath(path);
  const name = names.pop() ?? "";
  let parent = await openFolder(root);
  try {
    for (const folderName of names) {
      if (create !== undefined) await makeFolder(parent, folderName, create.owner);
      const next = await openBelow(parent, folderName, O_DIRECTORY, path);
      await parent.close();
      parent = next;
    }
    return await use(parent, name);
  } catch (error) {
    throw translate(error, path);
  } finally {
    await parent.close();
  }
}

/** Opens a folder by its path on the host, which no guest can change. */
export async function openFolder(path: string): Promise<FileHandle> {
  return await open(path, O_DIRECTORY | O_RDONLY);
}

/** Opens `name` in an open folder, without following a link. `path` is what errors call it. */
export async function openBelow(
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

/** The path of `name` in an open folder, whatever has become of the folder's own name. */
export function below(folder: { readonly fd: number }, name: string): string {
  return `/proc/self/fd/${folder.fd}/${name}`;
}

/** Splits a path of the workspace into names. Throws `invalid_input` for one that leads out. */
export function splitPath(path: string): string[] {
  const names = path
    .replace(/^\/workspace\//, "")
    .split("/")
    .filter((name) => name !== "" && name !== ".");
  if (path.startsWith("/") && !path.startsWith("/workspace/")) throw outside(path);
  if (names.length === 0 || names.includes("..") || path.includes("\0")) throw outside(path);
  return names;
}

async function makeFolder(
  parent: FileHandle,
  name: string,
  owner: Owner | undefined,
): Promise<void> {
  try {
    await mkdir(below(parent, name));
  } catch (error) {
    if (errorCode(error) === "EEXIST") return;
    throw translate(error, name);
  }
  if (owner === undefined) return;
  const folder = await openBelow(parent, name, O_DIRECTORY, name);
  try {
    await folder.chown(owner.uid, owner.gid);
  } finally {
    await folder.close();
  }
}

/** Turns an error of the file system into one for the user, where it has a meaning for one. */
export function translate(error: unknown, path: string): unknown {
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
    case "EEXIST":
    case "ENAMETOOLONG":
    case "ENXIO":
    case "EINVAL":
      return new CodeActError("invalid_input", `${path} is not the name of a regular file.`, {
        cause: error,
      });
    default:
      return error;
  }
}

/** The code of an error of the system, such as `ENOENT`. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}

/** The fault for a file that is not there. */
export function notFound(path: string): CodeActError {
  return new CodeActError("file_not_found", `There is no regular file ${path} in the workspace.`, {
    hint: "List the session's files to see what is there.",
  });
}

function outside(path: string): CodeActError {
  return new CodeActError(
    "invalid_input",
    `The path ${path} leads out of the workspace or through a link.`,
    { hint: "Use a path relative to the workspace, without links." },
  );
}
