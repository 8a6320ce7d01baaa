import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { CodeActError } from "../../errors.ts";
import { isProcessAlive, tryLockFile } from "../../execution/lock-file.ts";
import { applyRecord, emptyConversation, parseRecord } from "./conversation-state.ts";
import type { ConversationRecord, ConversationState, Snapshot } from "./conversation-state.ts";

/** Snapshots whose files and variables are kept, beside the newest one. */
const keptSnapshots = 16;

/** A conversation on disk. Whoever opens it closes it; only one process has it open. */
export interface ConversationFile extends Disposable {
  readonly id: string;
  readonly folder: string;
  readonly state: ConversationState;
  /** Writes a record and changes the state. It is on disk when this returns. */
  append(record: ConversationRecord): void;
  /** Keeps bytes and returns the name to find them by. */
  keep(data: Uint8Array): string;
  /** Returns bytes that were kept; undefined when they are gone. */
  find(blob: string): Uint8Array | undefined;
}

/** Name of the file that holds the records. */
export const recordsName = "conversation.jsonl";
/** Repeats what a list needs, so that it need not read all records. */
const metaName = "meta.json";

const metaSchema = z.object({
  title: z.string(),
  modelId: z.string().exactOptional(),
  exchanges: z.number(),
});

/**
 * Opens the conversation in a folder, which is made when it is missing. What a crash left of a last line is dropped;
 * what follows a damaged line is moved aside, and `onNotice` is told. Throws `session_busy` when another process has it.
 */
export function openConversation(
  folder: string,
  id: string,
  onNotice: (notice: string) => void,
): ConversationFile {
  const blobs = join(folder, "blobs");
  mkdirSync(blobs, { recursive: true, mode: 0o700 });
  const lock = join(folder, "lock");
  takeLock(lock, id);
  const path = join(folder, recordsName);
  let state = readRecords(path, onNotice);
  const file = openSync(path, "a", 0o600);
  let isClosed = false;

  function writeBlob(name: string, data: Uint8Array): void {
    const place = join(blobs, name);
    if (existsSync(place)) return;
    writeFileSync(`${place}.part`, data, { mode: 0o600 });
    renameSync(`${place}.part`, place);
  }

  /** Removes what only old snapshots need: going back that far brings messages back, but no files. */
  function forgetOldBlobs(): void {
    const recent = state.exchanges.slice(-keptSnapshots).map((each) => each.snapshotBefore);
    const used = new Set([...recent, state.snapshot].flatMap(blobsOf));
    for (const name of readdirSync(blobs)) if (!used.has(name)) rmSync(join(blobs, name));
  }

  function writeMeta(): void {
    const meta = join(folder, metaName);
    writeFileSync(`${meta}.part`, `${JSON.stringify(describeState(state))}\n`, { mode: 0o600 });
    renameSync(`${meta}.part`, meta);
  }

  return {
    id,
    folder,
    get state() {
      return state;
    },
    append(record) {
      writeSync(file, `${JSON.stringify(record)}\n`);
      fsyncSync(file);
      state = applyRecord(state, record);
      if (record.type === "snapshot") forgetOldBlobs();
      if (["task", "model", "rewind"].includes(record.type)) writeMeta();
    },
    keep(data) {
      const name = createHash("sha256").update(data).digest("hex");
      writeBlob(name, data);
      return name;
    },
    find(blob) {
      const place = join(blobs, blob);
      return existsSync(place) ? readFileSync(place) : undefined;
    },
    [Symbol.dispose]() {
      if (isClosed) return;
      isClosed = true;
      closeSync(file);
      // A conversation in which nothing was said leaves nothing behind.
      if (state.exchanges.length === 0 && state.spending.length === 0) {
        rmSync(folder, { recursive: true, force: true });
      } else rmSync(lock, { force: true });
    },
  };
}

function blobsOf(snapshot: Snapshot | undefined): readonly string[] {
  if (snapshot === undefined) return [];
  const files = snapshot.files.map((file) => file.blob);
  return snapshot.variables === undefined ? files : [...files, snapshot.variables];
}

/** What a list tells of a conversation. */
export interface ConversationMeta {
  readonly title: string;
  readonly modelId?: string;
  /** Messages of the user. */
  readonly exchanges: number;
}

/** Reads what a list tells of the conversation in a folder, without opening it. */
export function readMeta(folder: string): ConversationMeta {
  try {
    return metaSchema.parse(JSON.parse(readFileSync(join(folder, metaName), "utf8")));
  } catch {
    return describeState(read(readFileSync(join(folder, recordsName), "utf8")).state);
  }
}

function describeState({ exchanges, modelId }: ConversationState): ConversationMeta {
  const title = titleOf(exchanges[0]?.task);
  return { title, ...(modelId !== undefined && { modelId }), exchanges: exchanges.length };
}

/** Makes a title of a message. */
export function titleOf(task: string | undefined): string {
  const line = (task ?? "").trim().split("\n")[0] ?? "";
  const letters = [...line];
  return letters.length > 60 ? `${letters.slice(0, 59).join("").trimEnd()}…` : line;
}

function readRecords(path: string, onNotice: (notice: string) => void): ConversationState {
  const text = existsSync(path) ? readFileSync(path, "utf8") : "";
  const { state, valid } = read(text);
  const rest = text.slice(valid.length);
  if (rest !== "") {
    // A last line without its end is what a crash leaves; anything else is worth keeping for a look.
    if (rest.includes("\n")) {
      writeFileSync(`${path}.damaged`, rest, { mode: 0o600 });
      onNotice(
        `A part of the conversation's file is damaged; what follows it lies in ${path}.damaged.`,
      );
    }
    truncateSync(path, Buffer.byteLength(valid));
  }
  return state;
}

function read(text: string): { readonly state: ConversationState; readonly valid: string } {
  let state = emptyConversation;
  let at = 0;
  for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", at)) {
    const record = parseRecord(text.slice(at, end));
    if (record === undefined) break;
    state = applyRecord(state, record);
    at = end + 1;
  }
  return { state, valid: text.slice(0, at) };
}

function takeLock(path: string, id: string): void {
  while (!tryLockFile(path, String(process.pid))) {
    const owner = Number(readFileSync(path, "utf8"));
    if (owner !== process.pid && isProcessAlive(owner)) {
      throw new CodeActError("session_busy", `Another codeact has the conversation ${id} open.`, {
        hint: "Close it there first.",
        details: { pid: owner },
      });
    }
    rmSync(path, { force: true });
  }
}
