import { constants } from "node:fs";
import {
  copyFile,
  type FileHandle,
  link,
  lchown,
  lutimes,
  mkdir,
  open,
  readdir,
  readlink,
  symlink,
} from "node:fs/promises";

const { COPYFILE_EXCL, COPYFILE_FICLONE, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } =
  constants;

/** Deeper folders are left out: each level holds two descriptors, and a guest may nest without end. */
const maxDepth = 64;

export interface CopyTreeOptions {
  /** Who is to own the copies, when that is not this process's user. */
  readonly owner?: { readonly uid: number; readonly gid: number };
  /** An earlier copy of the same tree that is never changed: a file untouched since then is linked from it. */
  readonly earlier?: EarlierCopy;
}

export interface EarlierCopy {
  readonly path: string;
  /** When it was begun, in milliseconds since 1970. */
  readonly takenMs: number;
}

/** The clock of a file system may be this much coarser than ours. */
const clockSlackMs = 50;

/**
 * Copies what lies in the folder `from` into the existing empty folder `to`: folders, regular files and links, the
 * links as they are. A guest may change both meanwhile: every step starts at an open folder, follows no link and
 * replaces nothing, so that nothing outside is read or written. Sockets, pipes and devices are left out, and what
 * not even its owner may read.
 */
export async function copyTree(
  from: string,
  to: string,
  options: CopyTreeOptions = {},
): Promise<void> {
  const earlier = options.earlier && Buffer.from(options.earlier.path);
  await using folder = await open(from, folderFlags);
  await using target = await open(to, folderFlags);
  await copyFolder(folder, target, { earlier, depth: 1 }, options);
}

const folderFlags = O_DIRECTORY | O_RDONLY | O_NOFOLLOW;

/** What a folder's copy is made with. Paths are bytes, since a guest's names need not be text. */
interface Place {
  readonly earlier: Buffer | undefined;
  readonly depth: number;
}

interface InnerPlace extends Place {
  /** A path that leads through the open folder of the copy. */
  readonly to: Buffer;
}

async function copyFolder(
  folder: FileHandle,
  target: FileHandle,
  place: Place,
  options: CopyTreeOptions,
): Promise<void> {
  const [here, there] = [pathOf(folder), pathOf(target)];
  for (const entry of await readdir(here, { withFileTypes: true, encoding: "buffer" })) {
    const source = below(here, entry.name);
    const inner = {
      to: below(there, entry.name),
      earlier: place.earlier && below(place.earlier, entry.name),
      depth: place.depth + 1,
    };
    try {
      if (entry.isSymbolicLink()) {
        await symlink(await readlink(source, { encoding: "buffer" }), inner.to);
      } else if (entry.isDirectory()) {
        await copySubfolder(source, inner, options);
      } else if (entry.isFile()) {
        await copyRegularFile(source, inner, options.earlier?.takenMs);
      } else {
        continue;
      }
      if (options.owner !== undefined) {
        await lchown(inner.to, options.owner.uid, options.owner.gid);
      }
    } catch (error) {
      if (!canBeLeftOut(error)) throw error;
    }
  }
}

async function copySubfolder(
  source: Buffer,
  place: InnerPlace,
  options: CopyTreeOptions,
): Promise<void> {
  if (place.depth > maxDepth) return;
  await using folder = await open(source, folderFlags);
  await mkdir(place.to, { mode: ((await folder.stat()).mode & 0o777) | 0o700 });
  await using target = await open(place.to, folderFlags);
  await copyFolder(folder, target, place, options);
}

async function copyRegularFile(
  source: Buffer,
  place: InnerPlace,
  earlierMs: number | undefined,
): Promise<void> {
  await using file = await open(source, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  const stat = await file.stat();
  if (!stat.isFile()) return;
  // Every change of a file, its times and its name included, sets ctime, and nobody can set it back.
  const isUntouched = earlierMs !== undefined && stat.ctimeMs < earlierMs - clockSlackMs;
  if (isUntouched && place.earlier !== undefined && (await linkIfThere(place.earlier, place.to))) {
    return;
  }
  await copyFile(pathOf(file), place.to, COPYFILE_EXCL | COPYFILE_FICLONE);
  await lutimes(place.to, stat.atimeMs / 1000, stat.mtimeMs / 1000);
}

async function linkIfThere(existing: Buffer, name: Buffer): Promise<boolean> {
  try {
    await link(existing, name);
    return true;
  } catch {
    return false;
  }
}

/** A path that leads to what is open, whatever has become of its name. */
function pathOf(file: FileHandle): Buffer {
  return Buffer.from(`/proc/self/fd/${file.fd}`);
}

function below(folder: Buffer, name: Buffer): Buffer {
  return Buffer.concat([folder, Buffer.from("/"), name]);
}

/** Gone or swapped for something else since the folder was listed, closed even to its owner, or nested too deep. */
function canBeLeftOut(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return ["ENOENT", "EEXIST", "ELOOP", "ENOTDIR", "ENXIO", "EACCES", "ENAMETOOLONG"].includes(code);
}
