import { constants } from "node:fs";
import { chmod, type FileHandle, open, readdir, rmdir, unlink } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

const { O_DIRECTORY, O_NOFOLLOW } = constants;
/** Opens a folder that not even its owner may read; Linux's value, which Node does not name. */
const O_PATH = 0o10_000_000;

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
      await emptyFolder(path);
      await rmdir(path);
      return;
    } catch (error) {
      if (codeOf(error) === "ENOENT") return;
      if (round === rounds) throw error;
      await sleep(pauseMs);
    }
  }
}

async function emptyFolder(path: string): Promise<void> {
  const folder = await open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW);
  try {
    for (const entry of await listedEntries(folder)) {
      const place = `${pathOf(folder)}/${entry.name}`;
      if (!entry.isDirectory()) await ignoreGone(unlink(place));
      else {
        await ignoreGone(emptyFolder(place));
        await ignoreGone(rmdir(place));
      }
    }
  } finally {
    await folder.close();
  }
}

async function listedEntries(folder: FileHandle) {
  const path = pathOf(folder);
  try {
    await chmod(path, 0o700);
  } catch (error) {
    if (codeOf(error) !== "EPERM") throw error; // another user's folder: perhaps it is open to us all the same
  }
  return await readdir(path, { withFileTypes: true });
}

/** A path that leads to the open folder itself, whatever has become of its name. */
function pathOf(folder: FileHandle): string {
  return `/proc/self/fd/${folder.fd}`;
}

async function ignoreGone(removal: Promise<void>): Promise<void> {
  try {
    await removal;
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error ? String(error.code) : undefined;
}
