import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { textMessage } from "../../models/model.ts";
import { openConversation, readMeta } from "./conversation-file.ts";
import type { ConversationFile } from "./conversation-file.ts";

let folder: string;
let notices: string[];
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), "codeact-conversation-")), "c");
  notices = [];
});
afterEach(() => {
  rmSync(join(folder, ".."), { recursive: true, force: true });
});

function open(): ConversationFile {
  return openConversation(folder, "c", (notice) => notices.push(notice));
}

/** Writes two exchanges. */
function fill(file: ConversationFile): void {
  file.append({ type: "model", modelId: "m", spec: "p/m" });
  for (const task of ["first", "second"]) {
    const messages = [textMessage("user", task), textMessage("assistant", "Yes.")];
    file.append({ type: "task", atMs: 1, task });
    file.append({ type: "messages", keep: file.state.messages.length, messages });
    const result = {
      status: "answered",
      turns: 1,
      usage: { inputTokens: 5, outputTokens: 2 },
    } as const;
    file.append({ type: "events", events: [{ type: "run-end", result }] });
    const blob = file.keep(Buffer.from(task));
    file.append({ type: "snapshot", snapshot: { files: [{ path: "f", sizeBytes: 5, blob }] } });
  }
}

const path = (): string => join(folder, "conversation.jsonl");

describe("a conversation on disk", () => {
  it("comes back as it was, and for its owner only", () => {
    const first = open();
    fill(first);
    const { state } = first;
    first[Symbol.dispose]();
    using again = open();
    expect(again.state).toEqual(state);
    expect(again.state.messages).toHaveLength(4);
    expect(again.state.spending).toEqual([
      { modelId: "m", runs: 2, turns: 2, inputTokens: 10, outputTokens: 4 },
    ]);
    expect(readMeta(folder)).toEqual({ title: "first", modelId: "m", exchanges: 2 });
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    for (const name of ["conversation.jsonl", "meta.json", "lock"]) {
      expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
    }
    expect(notices).toEqual([]);
  });

  it("goes back to before an exchange; what it took stays counted", () => {
    using file = open();
    fill(file);
    file.append({ type: "rewind", exchanges: 1 });
    expect(file.state.exchanges.map(({ task }) => task)).toEqual(["first"]);
    expect(file.state.messages).toHaveLength(2);
    const [kept] = file.state.snapshot?.files ?? [];
    expect(Buffer.from(file.find(kept?.blob ?? "") ?? []).toString()).toBe("first");
    expect(file.state.spending[0]?.runs).toBe(2);
  });

  it("drops the half line that a crash leaves", () => {
    const first = open();
    fill(first);
    const { state } = first;
    first[Symbol.dispose]();
    appendFileSync(path(), '{"type":"task","atMs":1,"ta');
    using again = open();
    expect(again.state).toEqual(state);
    expect(notices).toEqual([]);
    again.append({ type: "task", atMs: 1, task: "third" });
    expect(again.state.exchanges).toHaveLength(3);
  });

  it("keeps what stands before a damaged line and moves the rest aside", () => {
    const first = open();
    fill(first);
    first[Symbol.dispose]();
    const lines = readFileSync(path(), "utf8").split("\n");
    lines[5] = "rubbish";
    writeFileSync(path(), lines.join("\n"));
    using again = open();
    expect(again.state.exchanges.map(({ task }) => task)).toEqual(["first"]);
    expect(notices).toEqual([expect.stringContaining("is damaged")]);
    expect(readFileSync(`${path()}.damaged`, "utf8")).toContain("rubbish");
  });

  it("is open in one process only; the lock of one that died counts for nothing", () => {
    const first = open();
    fill(first);
    first[Symbol.dispose]();
    writeFileSync(join(folder, "lock"), String(process.ppid));
    expect(open).toThrow(expect.objectContaining({ code: "session_busy" }));
    writeFileSync(join(folder, "lock"), "4194305");
    open()[Symbol.dispose]();
    expect(existsSync(join(folder, "lock"))).toBe(false);
  });

  it("forgets bytes that only old snapshots need", () => {
    using file = open();
    for (let number = 0; number < 20; number += 1) {
      file.append({ type: "task", atMs: 1, task: "t" });
      const blob = file.keep(Buffer.from(`version ${number}`));
      file.append({ type: "snapshot", snapshot: { files: [{ path: "f", sizeBytes: 1, blob }] } });
    }
    expect(readdirSync(join(folder, "blobs"))).toHaveLength(17);
  });

  it("leaves nothing behind when nothing was said", () => {
    open()[Symbol.dispose]();
    expect(existsSync(folder)).toBe(false);
  });
});
