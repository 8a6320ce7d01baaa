import { randomUUID } from "node:crypto";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Parser, type ReadEntry } from "tar";
import { fromBufferPromise, openPromise, type ZipFile } from "yauzl";
import { CodeActError, isCodeActError } from "../../errors.ts";
import { splitPath } from "./beneath.ts";
import { partPrefix } from "./list-folder.ts";
import type { FileData, UnpackedArchive } from "./session-files.ts";

const maxEntries = 10_000;
/** Small, so that a piece of a compressed bomb grows to a bounded size before the quota sees it. */
const pieceBytes = 16 * 1024;
/** The header of an entry, or of the directory of an archive without any. */
const zipBeginnings: readonly string[] = ["504b0304", "504b0506"];
const kindBits = 0o170_000;
const regularBits = 0o100_000;

/** Where the files go: paths are below the workspace. */
export interface ArchiveTarget {
  write(path: string, data: FileData): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Bytes that an archive which comes as a stream may have. */
  readonly maxArchiveBytes: number;
}

/** One regular file of an archive. */
interface ArchivedFile {
  readonly path: string;
  readonly data: AsyncIterable<Uint8Array>;
}

/** Takes the regular files of an archive, one after the other; what else is in it is named in `skipped`. */
type TakeFile = (file: ArchivedFile) => Promise<void>;

/** Unpacks an archive into `folder`: first aside, and into place once all of it has arrived. */
export async function unpackArchive(
  archive: FileData,
  folder: string,
  target: ArchiveTarget,
): Promise<UnpackedArchive> {
  const prefix = folder === "" ? "" : `${splitPath(folder).join("/")}/`;
  const aside = `${partPrefix}${randomUUID()}`;
  const paths = new Set<string>();
  const skipped: string[] = [];
  try {
    await readArchive(archive, target.maxArchiveBytes, skipped, async ({ path, data }) => {
      const inside = insidePath(path);
      await target.write(`${aside}/${inside}`, data);
      paths.add(inside);
      if (paths.size > maxEntries) throw invalid(`has more than ${maxEntries} files`);
    });
    const files = [...paths].toSorted();
    for (const path of files) await target.rename(`${aside}/${path}`, `${prefix}${path}`);
    return { files: files.map((path) => `${prefix}${path}`), skipped };
  } catch (error) {
    if (isCodeActError(error)) throw error;
    throw invalid("is damaged", error);
  } finally {
    await target.remove(aside).catch(() => undefined); // there is none when it held nothing
  }
}

/** The names of an entry's path, joined. Throws `invalid_input` when it leads out. */
function insidePath(path: string): string {
  if (/^[a-zA-Z]:|\\/.test(path) || path.startsWith("/")) throw invalid(`has the path ${path}`);
  try {
    return splitPath(path).join("/");
  } catch (cause) {
    throw invalid(`has the path ${path}, which leads out of its folder`, cause);
  }
}

async function readArchive(
  archive: FileData,
  maxBytes: number,
  skipped: string[],
  take: TakeFile,
): Promise<void> {
  if (archive instanceof Uint8Array) {
    if (isZip(archive)) {
      return readZip(
        await openZip(fromBufferPromise(Buffer.from(archive), zipOptions)),
        skipped,
        take,
      );
    }
    return readTar(onePiece(archive), skipped, take);
  }
  // The directory of a ZIP is at its end, and what kind of archive it is shows only once it has begun.
  const folder = await mkdtemp(join(tmpdir(), "codeact-archive-"));
  const path = join(folder, "archive");
  try {
    const first = await spool(archive, path, maxBytes);
    if (isZip(first)) {
      return await readZip(await openZip(openPromise(path, zipOptions)), skipped, take);
    }
    await using file = await open(path);
    await readTar(file.createReadStream({ highWaterMark: pieceBytes }), skipped, take);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function* onePiece(data: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < data.length; start += pieceBytes) {
    yield data.subarray(start, start + pieceBytes);
  }
}

/** Writes the stream to a file and returns its first bytes. */
async function spool(
  data: AsyncIterable<Uint8Array>,
  path: string,
  maxBytes: number,
): Promise<Uint8Array> {
  await using file = await open(path, "wx", 0o600);
  let first = Buffer.alloc(0);
  let total = 0;
  for await (const chunk of data) {
    total += chunk.length;
    if (total > maxBytes) {
      throw new CodeActError("quota_exceeded", `The archive has more than ${maxBytes} bytes.`, {
        hint: "Upload its files in smaller archives, or open the session with larger limits.",
      });
    }
    if (first.length < 4) first = Buffer.concat([first, chunk.subarray(0, 4)]);
    await file.appendFile(chunk);
  }
  return first;
}

function isZip(first: Uint8Array): boolean {
  return zipBeginnings.includes(Buffer.from(first.subarray(0, 4)).toString("hex"));
}

const zipOptions = { lazyEntries: true, autoClose: false, validateEntrySizes: true };

async function openZip(opening: Promise<ZipFile>): Promise<ZipFile> {
  try {
    return await opening;
  } catch (cause) {
    throw invalid("is damaged", cause);
  }
}

async function readZip(zip: ZipFile, skipped: string[], take: TakeFile): Promise<void> {
  try {
    let seen = 0;
    for await (const entry of zip.eachEntry()) {
      seen += 1;
      if (seen > maxEntries) throw invalid(`has more than ${maxEntries} entries`);
      // Archives of systems without such bits have none.
      const kind = (entry.externalFileAttributes >>> 16) & kindBits;
      if (entry.fileName.endsWith("/")) continue;
      if (kind !== 0 && kind !== regularBits) {
        skipped.push(entry.fileName);
        continue;
      }
      if (entry.isEncrypted()) throw invalid("is encrypted");
      await take({ path: entry.fileName, data: await zip.openReadStreamPromise(entry) });
    }
  } finally {
    zip.close();
  }
}

/** Reads a TAR archive, compressed or not. Each entry is read to its end before the next one comes. */
async function readTar(
  data: AsyncIterable<Uint8Array>,
  skipped: string[],
  take: TakeFile,
): Promise<void> {
  let failure: Error | undefined;
  let seen = 0;
  let work = Promise.resolve();
  const onEntry = async (entry: ReadEntry): Promise<void> => {
    seen += 1;
    try {
      if (failure !== undefined) return;
      if (seen > maxEntries) throw invalid(`has more than ${maxEntries} entries`);
      if (entry.type === "Directory" || entry.type === "GNUDumpDir") return;
      if (!["File", "OldFile", "ContiguousFile"].includes(entry.type)) {
        skipped.push(entry.path);
      } else {
        await take({ path: entry.path, data: entry as AsyncIterable<Uint8Array> });
      }
    } catch (error) {
      failure ??= error instanceof Error ? error : new Error(String(error));
    } finally {
      entry.resume();
    }
  };
  const parser = new Parser({
    strict: true,
    onReadEntry: (entry) => {
      work = work.then(() => onEntry(entry));
    },
  });
  const ended = new Promise<void>((resolve) => {
    parser.on("error", (error) => {
      failure ??= error;
      resolve();
    });
    parser.on("end", () => resolve());
  });
  for await (const chunk of data) {
    if (failure !== undefined) break;
    if (!parser.write(Buffer.from(chunk))) {
      await Promise.race([new Promise<void>((resolve) => parser.once("drain", resolve)), ended]);
    }
  }
  if (failure === undefined) {
    parser.end();
    await ended;
    await work;
  }
  if (failure !== undefined) throw failure;
  if (seen === 0) throw invalid("is no ZIP or TAR archive");
}

function invalid(what: string, cause?: unknown): CodeActError {
  return new CodeActError("invalid_input", `The archive ${what}; nothing of it was unpacked.`, {
    hint: "Make it anew as .zip, .tar or .tar.gz, with relative paths and without a password.",
    cause,
  });
}
