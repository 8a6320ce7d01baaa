import { mediaTypeOf } from "./media-type.ts";
import type { FileChange } from "./session-files.ts";

/** What tells a file from a later version of itself, and its size. */
export interface FileStamp {
  readonly stamp: string;
  readonly sizeBytes: number;
}

/** Says what differs between two looks at the same files, sorted by path. */
export function compareFiles(
  before: ReadonlyMap<string, FileStamp>,
  after: ReadonlyMap<string, FileStamp>,
): FileChange[] {
  const changes: FileChange[] = [];
  for (const [path, { stamp, sizeBytes }] of after) {
    const earlier = before.get(path);
    if (earlier?.stamp === stamp) continue;
    const change = earlier === undefined ? "created" : "changed";
    changes.push({ path, change, sizeBytes, mediaType: mediaTypeOf(path) });
  }
  for (const path of before.keys()) {
    if (after.has(path)) continue;
    changes.push({ path, change: "removed", sizeBytes: 0, mediaType: mediaTypeOf(path) });
  }
  return changes.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}
