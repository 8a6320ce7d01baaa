import { Parser } from "tar";

/** Takes the questions and examples out of the archive that MMLU's authors publish. */
export async function unpackMmlu(bytes: Uint8Array): Promise<ReadonlyMap<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  const reading: Promise<void>[] = [];
  const parser = new Parser({
    onReadEntry(entry) {
      const place = /^data\/((?:test|dev)\/\w+\.csv)$/.exec(entry.path)?.[1];
      if (place === undefined) {
        entry.resume();
        return;
      }
      reading.push(entry.concat().then((content) => void files.set(`mmlu/${place}`, content)));
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
