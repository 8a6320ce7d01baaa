import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";

const maxEntries = 1000;

/** What a person wrote before, the oldest first. */
export interface InputHistory {
  readonly entries: readonly string[];
  /** Adds an entry and keeps it on disk; one that is the same as the last is not added. */
  add(entry: string): void;
}

/** Reads the history in a file of JSON strings, one per line. A file that can't be read or written is no fault. */
export function openInputHistory(path: string): InputHistory {
  const entries = readEntries(path);
  return {
    entries,
    add(entry) {
      if (entry.trim() === "" || entries.at(-1) === entry) return;
      entries.push(entry);
      try {
        mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
        if (entries.length > maxEntries * 2) {
          entries.splice(0, entries.length - maxEntries);
          writeFileSync(path, entries.map(toLine).join(""), { mode: 0o600 });
        } else {
          appendFileSync(path, toLine(entry), { mode: 0o600 });
        }
        chmodSync(path, 0o600);
      } catch {
        // The history of this conversation still works.
      }
    },
  };
}

function toLine(entry: string): string {
  return `${JSON.stringify(entry)}\n`;
}

function readEntries(path: string): string[] {
  let text = "";
  try {
    text = existsSync(path) ? readFileSync(path, "utf8") : "";
  } catch {
    return [];
  }
  return text
    .split("\n")
    .map((line) => {
      try {
        return JSON.parse(line) as unknown;
      } catch {
        return undefined;
      }
    })
    .filter((entry) => typeof entry === "string")
    .slice(-maxEntries);
}
