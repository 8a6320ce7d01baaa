import { Parser } from "tar";

/**
 * Reads files out of a tar archive, compressed or not. `placeOf` says under which path a file is kept; undefined for
 * files that are not wanted. Rejects when the archive is broken.
 */
export async function readArchive(
  bytes: Uint8Array,
  placeOf: (path: string) => string | undefined,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  const reading: Promise<void>[] = [];
  const parser = new Parser({
    onReadEntry(entry) {
      const place = entry.type === "File" ? placeOf(entry.path) : undefined;
      if (place === undefined) {
        entry.resume();
        return;
      }
      reading.push(entry.concat().then((content) => void files.set(place, content)));
    },
  });
  const over = new Promise<void>((resolve, reject) => {
    parser.on("end", resolve);
    parser.on("error", reject);
  });
  parser.end(Buffer.from(bytes));
  await over;
  await Promise.all(reading);
  return files;
}
