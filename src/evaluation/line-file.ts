import {
  closeSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  writeFileSync,
} from "node:fs";
import { CodeActError } from "../errors.ts";

/** A file that grows by whole lines. */
export interface LineFile extends Disposable {
  /** Writes a line; it is safely on the disk, whole, or not in the file at all. */
  append(line: string): void;
}

const lineEnd = 10;
const chunkBytes = 1024 * 1024;

/** Opens or makes a file for appending; a last line that was never ended is removed. Throws `permission_denied`. */
export function openLineFile(file: string): LineFile {
  return orDenied(file, () => {
    const descriptor = openSync(file, "a+");
    try {
      ftruncateSync(descriptor, endOfLines(descriptor));
    } catch (cause) {
      closeSync(descriptor);
      throw cause;
    }
    return {
      append(line) {
        orDenied(file, () => {
          const { size } = fstatSync(descriptor);
          try {
            // A full disk may take a part of the text: this goes on until all is written, or throws.
            writeFileSync(descriptor, `${line}\n`);
            fsyncSync(descriptor);
          } catch (cause) {
            ftruncateSync(descriptor, size);
            throw cause;
          }
        });
      },
      [Symbol.dispose]: () => closeSync(descriptor),
    };
  });
}

/**
 * Reads the whole lines of a file with their numbers from 1; none where there is no file. Blank lines are left out, and
 * so is what follows the last line end: it was being written when its process died.
 */
export function* readLines(
  file: string,
): Generator<{ readonly number: number; readonly line: string }> {
  const descriptor = openIfThere(file);
  if (descriptor === undefined) return;
  try {
    // The text of a whole file may be longer than a string can be.
    const chunk = Buffer.alloc(chunkBytes);
    let rest: Buffer[] = [];
    let number = 0;
    for (;;) {
      const length = readSync(descriptor, chunk, 0, chunkBytes, null);
      if (length === 0) return;
      let start = 0;
      for (;;) {
        const end = chunk.subarray(0, length).indexOf(lineEnd, start);
        if (end < 0) break;
        const line = Buffer.concat([...rest, chunk.subarray(start, end)]).toString("utf8");
        rest = [];
        start = end + 1;
        number += 1;
        if (line.trim() !== "") yield { number, line };
      }
      rest.push(Buffer.from(chunk.subarray(start, length)));
    }
  } finally {
    closeSync(descriptor);
  }
}

function openIfThere(file: string): number | undefined {
  try {
    return openSync(file, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw denied(file, "read", error);
  }
}

/** Bytes up to the last line end. */
function endOfLines(descriptor: number): number {
  const chunk = Buffer.alloc(chunkBytes);
  for (let end = fstatSync(descriptor).size; end > 0; end -= chunkBytes) {
    const start = Math.max(0, end - chunkBytes);
    readSync(descriptor, chunk, 0, end - start, start);
    const last = chunk.subarray(0, end - start).lastIndexOf(lineEnd);
    if (last >= 0) return start + last + 1;
  }
  return 0;
}

function orDenied<Result>(file: string, write: () => Result): Result {
  try {
    return write();
  } catch (cause) {
    throw denied(file, "written", cause);
  }
}

function denied(file: string, deed: "read" | "written", cause: unknown): CodeActError {
  const { message } = cause as Error;
  return new CodeActError("permission_denied", `${file} can't be ${deed}: ${message}.`, {
    hint: "Check the folder's permissions and the free space of its disk; what is done is kept.",
    cause,
  });
}
