import { createHash } from "node:crypto";
import { existsSync, renameSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { CodeActError, isCodeActError } from "../../errors.ts";
import type { DataSource, UnpackContext } from "../benchmark.ts";

export interface FetchOptions extends UnpackContext {
  readonly fetch: typeof fetch;
  /** The folder with the data of all benchmarks. */
  readonly data: string;
  /** Fetches what is there already once more. Default: false. */
  readonly again?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: FetchProgress) => void;
}

export interface FetchProgress {
  readonly path: string;
  readonly receivedBytes: number;
  /** Undefined where the server doesn't tell. */
  readonly totalBytes: number | undefined;
}

const maxBytes = 1024 ** 3;

/**
 * Downloads the files of a benchmark and returns their paths; what is there already stays. A file appears only once
 * it is complete and its checksum right. Rejects with `data_unavailable`, or `permission_denied`.
 */
export async function fetchData(
  sources: readonly DataSource[],
  options: FetchOptions,
): Promise<readonly string[]> {
  const kept: string[] = [];
  for (const source of sources) {
    const target = join(options.data, source.path);
    if (options.again !== true && existsSync(target)) {
      kept.push(target);
      continue;
    }
    const bytes = await download(source, options);
    const files = await unpack(source, bytes, options);
    // The one that tells that all is there comes last.
    const paths = [...files.keys()].toSorted(
      (one, other) => Number(one === source.path) - Number(other === source.path),
    );
    await writeAll(
      new Map(paths.map((path) => [join(options.data, path), files.get(path)!] as const)),
    );
    kept.push(...paths.map((path) => join(options.data, path)));
  }
  return kept;
}

async function download(source: DataSource, options: FetchOptions): Promise<Uint8Array> {
  const { url, path, sha256 } = source;
  const { signal, onProgress } = options;
  try {
    const response = await options.fetch(url, signal ? { signal } : {});
    if (!response.ok || response.body === null) {
      throw unavailable(source, `the server answers ${response.status}`);
    }
    const length = Number(response.headers.get("content-length") ?? Number.NaN);
    // An encoded body has another length than what is read of it.
    const isPlain = response.headers.get("content-encoding") === null;
    const totalBytes = isPlain && Number.isFinite(length) ? length : undefined;
    const chunks: Uint8Array[] = [];
    let receivedBytes = 0;
    for await (const chunk of response.body) {
      chunks.push(chunk);
      receivedBytes += chunk.byteLength;
      if (receivedBytes > maxBytes) throw unavailable(source, "it is larger than 1 GiB");
      onProgress?.({ path, receivedBytes, totalBytes });
    }
    if (totalBytes !== undefined && receivedBytes !== totalBytes) {
      throw unavailable(source, `only ${receivedBytes} of ${totalBytes} bytes came`);
    }
    const bytes = Buffer.concat(chunks);
    const sum = createHash("sha256").update(bytes).digest("hex");
    if (sha256 !== undefined && sum !== sha256) {
      throw unavailable(
        source,
        `its checksum is ${sum} in place of ${sha256}: it is not the file that is meant`,
      );
    }
    return bytes;
  } catch (cause) {
    signal?.throwIfAborted();
    if (isCodeActError(cause)) throw cause;
    throw unavailable(source, reasonOf(cause), cause);
  }
}

async function unpack(
  source: DataSource,
  bytes: Uint8Array,
  context: UnpackContext,
): Promise<ReadonlyMap<string, Uint8Array>> {
  if (source.unpack === undefined) return new Map([[source.path, bytes]]);
  try {
    return await source.unpack(bytes, context);
  } catch (cause) {
    throw unavailable(source, `it can't be unpacked: ${reasonOf(cause)}`, cause);
  }
}

/** Writes files that belong together: none is there before all of them are on the disk. */
async function writeAll(files: ReadonlyMap<string, Uint8Array>): Promise<void> {
  const parts = new Map([...files.keys()].map((file) => [file, `${file}.${process.pid}.part`]));
  let writing = "";
  try {
    for (const [file, part] of parts) {
      writing = file;
      await mkdir(dirname(file), { recursive: true });
      await writeFile(part, files.get(file)!, { flush: true });
    }
    for (const [file, part] of parts) {
      writing = file;
      // Nothing may come between the first file and the last one.
      renameSync(part, file);
    }
  } catch (cause) {
    for (const part of parts.values()) await rm(part, { force: true }).catch(() => undefined);
    throw new CodeActError(
      "permission_denied",
      `${writing} can't be written: ${reasonOf(cause)}.`,
      {
        hint: "Check the folder's permissions and the free space of its disk, or name another with --data.",
        cause,
      },
    );
  }
}

/** The innermost cause says more than `fetch failed`. */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return cause.cause instanceof Error ? reasonOf(cause.cause) : cause.message;
}

function unavailable(
  { url, path, unpack: isArchive }: DataSource,
  why: string,
  cause?: unknown,
): CodeActError {
  const elsewhere =
    isArchive === undefined
      ? `download the file elsewhere, as ${path} in a folder`
      : "run the same command elsewhere, into a folder";
  return new CodeActError("data_unavailable", `${url} can't be fetched: ${why}.`, {
    hint: `Check the connection, or ${elsewhere} that you name with --data or CODEACT_DATA.`,
    ...(cause !== undefined && { cause }),
  });
}
