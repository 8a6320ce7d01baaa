import { constants } from "node:fs";
import {
  copyFile,
  type FileHandle,
  link,
  lstat,
  lchown,
  mkdir,
  open,
  readdir,
  readlink,
  symlink,
  utimes,
} from "node:fs/promises";

const { COPYFILE_FICLONE, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

export interface CopyTreeOptions {
  /** Who is to own the copies, when that is not this process's user. */
  readonly owner?: { readonly uid: number; readonly gid: number };
  /**
   * An earlier copy of the same tree that is never changed. A file that still has the size and the times that it
   * had there is linked from it, not copied.
   */
  readonly earlier?: string;
}

/**
 * Copies what lies in the folder `from` into the existing folder `to`: folders, regular files and links, the links
 * as they are. The source may be changed by a guest meanwhile: no link of it is followed. The target must be out of
 * the guest's reach. Sockets, pipes and devices are left out.
 */
export async function copyTree(
  from: string,
  to: string,
  options: CopyTreeOptions = {},
): Promise<void> {
  const folder = await open(from, O_DIRECTORY | O_RDONLY | O_NOFOLLOW);
  try {
    await copyFolder(folder, to, options.earlier, options);
  } finally {
    await folder.close();
  }
}

async function copyFolder(
  folder: FileHandle,
  to: string,
  earlier: string | undefined,
  options: CopyTreeOptions,
): Promise<void> {
  const here = `/proc/self/fd/${folder.fd}`;
  for (const entry of await readdir(here, { withFileTypes: true })) {
    const source = `${here}/${entry.name}`;
    const target = `${to}/${entry.name}`;
    const before = earlier === undefined ? undefined : `${earlier}/${entry.name}`;
    try {
      if (entry.isSymbolicLink()) await symlink(await readlink(source), target);
      else if (entry.isDirectory()) await copySubfolder(source, target, before, options);
      else if (entry.isFile()) await copyRegularFile(source, target, before);
      else continue;
      if (options.owner !== undefined) await lchown(target, options.owner.uid, options.owner.gid);
    } catch (error) {
      if (!wasSwapped(error)) throw error;
    }
  }
}

async function copySubfolder(
  source: string,
  target: string,
  before: string | undefined,
  options: CopyTreeOptions,
): Promise<void> {
  const folder = await open(source, O_DIRECTORY | O_RDONLY | O_NOFOLLOW);
  try {
    await mkdir(target, { mode: ((await folder.stat()).mode & 0o777) | 0o700 });
    await copyFolder(folder, target, before, options);
  } finally {
    await folder.close();
  }
}

async function copyRegularFile(
  source: string,
  target: string,
  before: string | undefined,
): Promise<void> {
  const file = await open(source, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const stat = await file.stat();
    if (!stat.isFile()) return;
    if (before !== undefined && (await isSame(before, stat))) return await link(before, target);
    await copyFile(`/proc/self/fd/${file.fd}`, target, COPYFILE_FICLONE);
    await utimes(target, stat.atimeMs / 1000, stat.mtimeMs / 1000);
  } finally {
    await file.close();
  }
}

interface Version {
  readonly size: number;
  readonly mtimeMs: number;
  readonly mode: number;
}

async function isSame(before: string, now: Version): Promise<boolean> {
  try {
    const then = await lstat(before);
    return (
      then.isFile() &&
      then.size === now.size &&
      Math.abs(then.mtimeMs - now.mtimeMs) < 1 &&
      then.mode === now.mode
    );
  } catch {
    return false;
  }
}

/** Gone, or swapped for something else, since the folder was listed. */
function wasSwapped(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "ENOENT" || code === "ELOOP" || code === "ENOTDIR" || code === "ENXIO";
}
