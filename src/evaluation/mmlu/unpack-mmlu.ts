import { readArchive } from "../fetch/read-archive.ts";

/** Takes the questions and examples out of the archive that MMLU's authors publish. */
export async function unpackMmlu(bytes: Uint8Array): Promise<ReadonlyMap<string, Uint8Array>> {
  return readArchive(bytes, (path) => {
    const place = /^data\/((?:test|dev)\/\w+\.csv)$/.exec(path)?.[1];
    return place === undefined ? undefined : `mmlu/${place}`;
  });
}
