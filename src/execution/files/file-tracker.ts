import {
  closeSync,
  constants,
  type Dir,
  type Dirent,
  lstatSync,
  opendirSync,
  openSync,
  type Stats,
} from "node:fs";
import { below } from "./beneath.ts";
import { compareFiles, type FileStamp } from "./compare-files.ts";
import type { FileChange } from "./session-files.ts";

const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants;
/** In a folder with more, nothing is reported: looking would take longer than most cells. */
const maxEntries = 1000;
const maxDepth = 16;
const maxReported = 100;

/** Tells what cells have done to the files of a workspace. */
export interface FileTracker {
  /** What has changed since the last call, apart from what the host did; at most 100 files, and none at first. */
  takeChanges(): readonly FileChange[];
  /** Takes the files as they are: nothing of what happened before is reported. */
  startOver(): void;
  /** Notes what the host itself has done to a file or folder. */
  note(path: string): void;
}

/**
 * Tracks the folder `root`; hidden files and caches of Python are left out. It looks in one go, because that takes some
 * ten microseconds for the few files that a workspace usually has, far less than to ask for them one after the other.
 */
export function createFileTracker(root: string): FileTracker {
  let known: Map<string, FileStamp> | undefined;
  return {
    takeChanges() {
      const before = known;
      known = look(root);
      if (before === undefined || known === undefined) return [];
      return compareFiles(before, known).slice(0, maxReported);
    },
    startOver() {
      known = look(root);
    },
    note(path) {
      const now = look(root);
      if (known === undefined || now === undefined) {
        known = now;
        return;
      }
      const isMeant = (other: string): boolean => other === path || other.startsWith(`${path}/`);
      for (const other of known.keys()) if (isMeant(other)) known.delete(other);
      for (const [other, stamp] of now) if (isMeant(other)) known.set(other, stamp);
    },
  };
}

function look(root: string): Map<string, FileStamp> | undefined {
  const found = new Map<string, FileStamp>();
  const count = { left: maxEntries };
  lookInto(found, root, "", count, 1);
  return count.left < 0 ? undefined : found;
}

function lookInto(
  found: Map<string, FileStamp>,
  path: string,
  prefix: string,
  count: { left: number },
  depth: number,
): void {
  const fd = attempt(() => openSync(path, O_DIRECTORY | O_RDONLY | O_NOFOLLOW));
  if (fd === undefined) return;
  try {
    const folder = attempt(() => opendirSync(below({ fd }, "."), { bufferSize: 64 }));
    if (folder === undefined) return;
    for (const entry of entriesOf(folder)) {
      count.left -= 1;
      if (count.left < 0) return;
      if (entry.name.startsWith(".") || entry.name === "__pycache__") continue;
      const place = below({ fd }, entry.name);
      if (entry.isDirectory()) {
        if (depth < maxDepth) lookInto(found, place, `${prefix}${entry.name}/`, count, depth + 1);
      } else if (entry.isFile()) {
        const stats = attempt(() => lstatSync(place));
        if (stats?.isFile() === true) found.set(`${prefix}${entry.name}`, stampOf(stats));
      }
    }
  } finally {
    closeSync(fd);
  }
}

/** One by one: a guest may have made more than fit into memory. */
function* entriesOf(folder: Dir): Generator<Dirent, void, undefined> {
  using _folder = folder;
  for (;;) {
    const entry = attempt(() => folder.readSync());
    if (entry === undefined || entry === null) return;
    yield entry;
  }
}

/** Every change of a file sets ctime, and nobody can set it back. */
function stampOf({ ino, size, ctimeMs }: Stats): FileStamp {
  return { stamp: `${ino} ${size} ${ctimeMs}`, sizeBytes: size };
}

/** Code of the session may have removed or replaced it meanwhile, or closed it to everybody. */
function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
