import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readFile, rename, rm, stat, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { CodeActError, isCodeActError } from "../errors.ts";
import type { ModelSource } from "./model-source.ts";
import { backoffMs } from "./retry-delay.ts";

export interface DownloadOptions {
  readonly source: ModelSource;
  /** Made when it is not there. */
  readonly folder: string;
  /** What the file's SHA-256 must be, in hexadecimal digits. Default: what the hub tells. */
  readonly sha256?: string;
  readonly onProgress?: (progress: DownloadProgress) => void;
  readonly signal?: AbortSignal;
  readonly fetch?: typeof globalThis.fetch;
  /** Retries in a row that bring nothing. Default: 5. */
  readonly maxRetries?: number;
  /** Without a byte. Default: 60,000. */
  readonly stallTimeoutMs?: number;
  readonly sleep?: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
}

export interface DownloadProgress {
  readonly receivedBytes: number;
  readonly totalBytes?: number;
}

export interface DownloadedModel {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Whether the checksum was compared with a known one. */
  readonly verified: boolean;
}

/** What is kept beside a file that is not complete. */
const partSchema = z.object({ url: z.string(), etag: z.string().optional() });

type Part = z.infer<typeof partSchema>;

/**
 * Downloads a model file. A download that was cut or stopped goes on where it was, also in a later call; the file
 * gets its name once it is complete and its checksum is right. Rejects with `model_unreachable`, `model_not_found`,
 * `model_auth_failed`, `model_failed` for a wrong file, `invalid_input` for a full disk, `permission_denied`, or
 * the signal's reason.
 */
export async function downloadModel(options: DownloadOptions): Promise<DownloadedModel> {
  const { source, folder, signal } = options;
  const path = join(folder, source.fileName);
  const part = `${path}.part`;
  try {
    await mkdir(folder, { recursive: true });
    const expected = (options.sha256 ?? (await hubChecksum(options)))?.toLowerCase();
    const present = await sizeOf(path);
    if (present === undefined) await fetchAll(options, part);
    const file = present === undefined ? part : path;
    const sha256 = await digest(file, signal);
    if (expected !== undefined && sha256 !== expected) {
      await forget(file);
      throw new CodeActError(
        "model_failed",
        `The checksum of ${source.fileName} is ${sha256}, not ${expected}; the file was removed.`,
        { hint: "Check the checksum, and download the file again." },
      );
    }
    if (present === undefined) {
      await rename(part, path);
      await rm(`${part}.json`, { force: true });
    }
    const bytes = (await sizeOf(path)) ?? 0;
    return { path, bytes, sha256, verified: expected !== undefined };
  } catch (error) {
    throw fileFault(error, folder);
  }
}

/** Asks for what is missing until it is all there. */
async function fetchAll(options: DownloadOptions, part: string): Promise<void> {
  const { maxRetries = 5, signal } = options;
  const sleep =
    options.sleep ??
    (async (ms, signal) => {
      await delay(ms, undefined, signal && { signal });
    });
  let failures = 0;
  for (;;) {
    const before = (await sizeOf(part)) ?? 0;
    try {
      await fetchRest(options, part);
      return;
    } catch (error) {
      signal?.throwIfAborted();
      if (isCodeActError(error) && !error.retryable) throw error;
      if (isSystemFault(error)) throw error;
      failures = ((await sizeOf(part)) ?? 0) > before ? 1 : failures + 1;
      if (failures > maxRetries) throw isCodeActError(error) ? error : lostError(options.source);
      await sleep(backoffMs(failures - 1, Math.random), signal);
    }
  }
}

/** One request. Throws when the connection breaks before the end. */
async function fetchRest(options: DownloadOptions, part: string): Promise<void> {
  const { source, fetch = globalThis.fetch, stallTimeoutMs = 60_000 } = options;
  const kept = await readPart(part, source.url);
  const have = kept === undefined ? 0 : ((await sizeOf(part)) ?? 0);
  const stall = new AbortController();
  const signal = AbortSignal.any([stall.signal, ...(options.signal ? [options.signal] : [])]);
  let timer = setTimeout(() => stall.abort(), stallTimeoutMs);
  try {
    const response = await fetch(source.url, {
      signal,
      headers: {
        ...source.headers,
        // A body that is packed on the way has no ranges.
        "accept-encoding": "identity",
        ...(have > 0 && { range: `bytes=${have}-` }),
        ...(have > 0 && kept?.etag !== undefined && { "if-range": kept.etag }),
      },
    });
    const start = response.status === 206 ? rangeStart(response) : 0;
    const isWholeAlready = response.status === 416 && rangeTotal(response) === have;
    if (isWholeAlready || response.status === 416 || (response.status === 206 && start !== have)) {
      await response.body?.cancel();
      if (isWholeAlready) return;
      await forget(part);
      throw lostError(source);
    }
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      throw refusal(response.status, source);
    }
    const length = Number(response.headers.get("content-length") ?? Number.NaN);
    const totalBytes = Number.isFinite(length) ? start + length : undefined;
    if (totalBytes !== undefined) await checkRoom(options.folder, totalBytes - start);
    const etag = response.headers.get("etag") ?? undefined;
    const note: Part = {
      url: source.url,
      ...(etag !== undefined && !etag.startsWith("W/") && { etag }),
    };
    await writeFile(`${part}.json`, JSON.stringify(note));
    await using file = await open(part, start > 0 ? "r+" : "w");
    let receivedBytes = start;
    for await (const chunk of response.body) {
      clearTimeout(timer);
      if (receivedBytes === 0) checkStart(chunk, source);
      await file.write(chunk, 0, chunk.length, receivedBytes);
      receivedBytes += chunk.length;
      options.onProgress?.({ receivedBytes, ...(totalBytes !== undefined && { totalBytes }) });
      timer = setTimeout(() => stall.abort(), stallTimeoutMs);
    }
    if (totalBytes !== undefined && receivedBytes < totalBytes) throw lostError(source);
  } finally {
    clearTimeout(timer);
    stall.abort();
  }
}

/** What is known of a file that is not complete; undefined when it is of another place. */
async function readPart(part: string, url: string): Promise<Part | undefined> {
  try {
    const kept = partSchema.parse(JSON.parse(await readFile(`${part}.json`, "utf8")));
    return kept.url === url ? kept : undefined;
  } catch {
    return undefined;
  }
}

/** Hugging Face tells the SHA-256 of a large file with the answer that redirects to it. */
async function hubChecksum(options: DownloadOptions): Promise<string | undefined> {
  const { source, fetch = globalThis.fetch, signal } = options;
  if (!source.isHub) return undefined;
  try {
    const response = await fetch(source.url, {
      method: "HEAD",
      redirect: "manual",
      headers: source.headers,
      ...(signal && { signal }),
    });
    const tag = response.headers.get("x-linked-etag") ?? "";
    return /^"?([0-9a-f]{64})"?$/i.exec(tag)?.[1];
  } catch {
    signal?.throwIfAborted();
    return undefined;
  }
}

function checkStart(chunk: Uint8Array, { url }: ModelSource): void {
  if (chunk.length < 4 || Buffer.from(chunk).toString("latin1", 0, 4) === "GGUF") return;
  throw new CodeActError("model_failed", `What ${hostOf(url)} sent is not a GGUF file.`, {
    hint: "Check the address: it must be that of the file itself, not of a page about it.",
  });
}

async function checkRoom(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bytes <= bavail * bsize) return;
  throw fullDisk(folder, bytes);
}

function fullDisk(folder: string, bytes?: number): CodeActError {
  const size = bytes === undefined ? "" : ` for ${(bytes / 1e9).toFixed(1)} GB`;
  return new CodeActError("invalid_input", `There is no room${size} in ${folder}.`, {
    hint: "Free some space, or name another folder.",
  });
}

function refusal(status: number, { url, fileName }: ModelSource): CodeActError {
  const host = hostOf(url);
  if (status === 401 || status === 403) {
    return new CodeActError(
      "model_auth_failed",
      `${host} does not give ${fileName} to everybody.`,
      {
        hint: "Accept its license there, and set HF_TOKEN.",
      },
    );
  }
  if (status === 404 || status === 410) {
    return new CodeActError("model_not_found", `${host} has no file ${fileName} there.`, {
      hint: "Check the address, and the upper and lower case of the name.",
    });
  }
  return new CodeActError(
    status === 429 || status >= 500 ? "model_unreachable" : "model_failed",
    `${host} refused to send ${fileName} with status ${status}.`,
    { hint: "Try again later: the download goes on where it was." },
  );
}

function lostError({ url }: ModelSource): CodeActError {
  return new CodeActError("model_unreachable", `The connection to ${hostOf(url)} was lost.`, {
    hint: "Run the same command again: the download goes on where it was.",
  });
}

/** Faults of the disk; `fetch` wraps those of the network. */
function isSystemFault(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}

function fileFault(error: unknown, folder: string): unknown {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOSPC") return fullDisk(folder);
  if (code !== "EACCES" && code !== "EPERM" && code !== "EROFS") return error;
  return new CodeActError("permission_denied", `The folder ${folder} may not be written.`, {
    hint: "Check its rights, or name another folder.",
    cause: error,
  });
}

function hostOf(url: string): string {
  return new URL(url).host;
}

function rangeStart(response: Response): number {
  return Number(/^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "")?.[1] ?? -1);
}

function rangeTotal(response: Response): number {
  return Number(/\/(\d+)$/.exec(response.headers.get("content-range") ?? "")?.[1] ?? -1);
}

async function sizeOf(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ size }) => size,
    () => undefined,
  );
}

async function forget(path: string): Promise<void> {
  await Promise.all([rm(path, { force: true }), rm(`${path}.json`, { force: true })]);
}

async function digest(path: string, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, signal && { signal })) {
    hash.update(chunk as Buffer);
  }
  return hash.digest("hex");
}
