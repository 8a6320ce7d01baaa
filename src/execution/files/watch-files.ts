import { setTimeout as sleep } from "node:timers/promises";
import { compareFiles, type FileStamp } from "./compare-files.ts";
import { listFolder } from "./list-folder.ts";
import type { FileChange, WatchOptions } from "./session-files.ts";

const defaultIntervalMs = 500;

/**
 * Looks at the files below `root` again and again and yields what has changed, until the signal fires or the folder
 * is gone. Looking costs the host nothing that a guest could use up, as watches of the system would.
 */
export async function* watchFiles(
  root: string,
  { signal, intervalMs = defaultIntervalMs }: WatchOptions = {},
): AsyncGenerator<FileChange, void, undefined> {
  let before = await look(root);
  while (before !== undefined) {
    await sleep(intervalMs, undefined, { ref: false, ...(signal && { signal }) }).catch(() => {});
    if (signal?.aborted === true) return;
    const after = await look(root);
    if (after === undefined) return;
    yield* compareFiles(before, after);
    before = after;
  }
}

async function look(root: string): Promise<ReadonlyMap<string, FileStamp> | undefined> {
  const files = await listFolder(root).catch(() => undefined);
  return (
    files &&
    new Map(
      files.map(({ path, sizeBytes, modifiedMs }) => [
        path,
        { stamp: `${sizeBytes} ${modifiedMs}`, sizeBytes },
      ]),
    )
  );
}
