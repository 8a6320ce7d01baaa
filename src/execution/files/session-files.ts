/**
 * The session's workspace. Paths are relative to it; a path that leaves it, or leads through a link, is refused with
 * `invalid_input`. What code installs for itself (`.packages`) is not listed.
 */
export interface SessionFiles {
  /** Regular files, sorted by path. Links, pipes, sockets and devices are left out. */
  list(options?: ListOptions): Promise<readonly SessionFile[]>;
  /** Rejects with `file_not_found` when there is no such regular file, and `invalid_input` when it is over 512 MiB. */
  read(path: string): Promise<Uint8Array>;
  /**
   * Creates missing folders and replaces an existing file, at once: nobody sees half of it. Takes any stream, such as a
   * `ReadableStream`. Rejects with `quota_exceeded` when the session's disk has no room for it.
   */
  write(path: string, data: FileData): Promise<void>;
  /** Removes a file, or a folder with all that is in it. Rejects with `file_not_found`. */
  remove(path: string): Promise<void>;
  /** Reads a file of any size in pieces; cancelling closes it. Rejects as `read` does. */
  stream?(path: string): Promise<ReadableStream<Uint8Array>>;
  /** Moves a file or folder; creates missing folders and replaces an existing file. */
  rename?(from: string, to: string): Promise<void>;
  /**
   * Unpacks a ZIP or TAR archive (also `.tar.gz`) into a folder; all of it or nothing. Rejects with `invalid_input`
   * for what is no such archive or has a path that leads out, and `quota_exceeded` when it has no room.
   */
  unpack?(archive: FileData, folder?: string): Promise<UnpackedArchive>;
  /** Tells of changes until the signal fires or the session is closed; of those that came and went, not. */
  watch?(options?: WatchOptions): AsyncIterable<FileChange>;
}

/** Bytes, whole or in pieces. */
export type FileData = Uint8Array | AsyncIterable<Uint8Array>;

export interface ListOptions {
  /** Only what lies in this folder and below. Default: everything. */
  readonly folder?: string;
  /** Default and most: 10,000. */
  readonly maxFiles?: number;
}

export interface WatchOptions {
  readonly signal?: AbortSignal;
  /** Time between two looks. Default: 500. */
  readonly intervalMs?: number;
}

export interface SessionFile {
  /** Relative to the workspace, with `/`. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Milliseconds since 1970. */
  readonly modifiedMs: number;
}

/** A file that is not as it was. */
export interface FileChange {
  readonly path: string;
  readonly change: "created" | "changed" | "removed";
  /** 0 when it was removed. */
  readonly sizeBytes: number;
  /** By its name, such as `text/csv`. Untrusted: code may call anything anything. */
  readonly mediaType: string;
}

export interface UnpackedArchive {
  /** Sorted paths in the workspace. */
  readonly files: readonly string[];
  /** Links, devices and the like, which are never unpacked. */
  readonly skipped: readonly string[];
}
