import { randomUUID } from "node:crypto";
import { constants, type PathLike } from "node:fs";
import { chmod, type FileHandle, open, readdir, rename, rmdir, unlink } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

const { O_DIRECTORY, O_NOFOLLOW } = constants;
/** Opens a folder that not even its owner may read; Linux's value, which Node does not name. */
const O_PATH = 0o10_000_000;

/** Each level holds a descriptor; what lies deeper is moved up first, for a guest may nest without end. */
const maxDepth = 32;
const rounds = 60;
const pauseMs = 50;

/**
 * Removes a folder with all that is in it, though processes of a guest may go on changing it for a moment and
 * may have taken its owner's rights away. Every step starts at an open folder and follows no link, so nothing
 * outside is touched. Does nothing when the folder is gone. Rejects when it can't be emptied.
 */
export async function removeFolder(path: string): Promise<void> {
  for (let round = 1; ; round += 1) {
    try {
      await clearFolder(path);
      await rmdir(path);
      return;
    } catch (error) {
      if (codeOf(error) === "ENOENT") return;
      if (round === rounds) throw error;
      await sleep(pauseMs);
    }
  }
}

/** Removes all that is in a folder and keeps the folder. Follows no link. */
export async function clearFolder(path: string): Promise<void> {
  while (await emptyFolder(path)) {
    // what was moved up from below is left
  }
}

/** Resolves with whether something was moved to the top, which then has to be emptied again. */
async function emptyFolder(path: PathLike, depth = 0, top = ""): Promise<boolean> {
  const folder = await open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW);
  let moved = false;
  try {
    const here = pathOf(folder);
    for (const entry of await listedEntries(folder)) {
      const place = Buffer.concat([Buffer.from(`${here}/`), entry.name]);
      if (!entry.isDirectory()) await ignoreGone(unlink(place));
      else if (depth === maxDepth) {
        await makeMovable(place);
        await ignoreGone(rename(place, `${top}/${randomUUID()}`));
        moved = true;
      } else {
        moved = (await ignoreGone(emptyFolder(place, depth + 1, top || here))) || moved;
        await ignoreGone(rmdir(place));
      }
    }
  } finally {
    await folder.close();
  }
  return moved;
}

/** A folder's owner may move it to another parent only if the folder itself may be written to. */
async function makeMovable(path: PathLike): Promise<void> {
  const folder = await open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW);
  try {
    await chmod(pathOf(folder), 0o700);
  } finally {
    await folder.close();
  }
}

/** Names come as bytes: a guest may use some that are no text. */
async function listedEntries(folder: FileHandle) {
  const path = pathOf(folder);
  try {
    await chmod(path, 0o700);
  } catch (error) {
    if (codeOf(error) !== "EPERM") throw error; // another user's folder: perhaps it is open to us all the same
  }
  return await readdir(path, { withFileTypes: true, encoding: "buffer" });
}

/** A path that leads to the open folder itself, whatever has become of its name. */
function pathOf(folder: FileHandle): string {
  return `/proc/self/fd/${folder.fd}`;
}

async function ignoreGone<T>(removal: Promise<T>): Promise<T | undefined> {
  try {
    return await removal;
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
    return undefined;
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}
