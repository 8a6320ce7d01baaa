import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { textMessage, type Model, type ModelEvent, type ModelRequest } from "./model.ts";
import { createRecordingModel, createReplayWriter } from "./recording-model.ts";
import { loadReplay, parseReplayFile } from "./replay-file.ts";
import { createReplayModel } from "./replay-model.ts";

async function ask(model: Model, observation: string, changes: Partial<ModelRequest> = {}) {
  const events: ModelEvent[] = [];
  const messages = [textMessage("user", "task"), textMessage("user", observation)];
  for await (const event of model.stream({ messages, ...changes })) events.push(event);
  const text = events.map((event) => (event.type === "text-delta" ? event.text : "")).join("");
  return { text, events, finish: events.at(-1) };
}

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "codeact-replay-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe("createReplayModel", () => {
  it("gives replies in order, in pieces of the size asked for", async () => {
    const usage = { inputTokens: 5, outputTokens: 2 };
    const model = createReplayModel({
      replies: [
        { text: "abc", usage },
        { text: "d", finish: "length" },
      ],
      chunkCharacters: 2,
    });
    expect((await ask(model, "")).events).toEqual([
      { type: "text-delta", text: "ab" },
      { type: "text-delta", text: "c" },
      { type: "usage", usage },
      { type: "finish", reason: "stop" },
    ]);
    expect((await ask(model, "")).finish).toEqual({ type: "finish", reason: "length" });
    expect((await ask(model, "")).finish).toMatchObject({
      reason: "error",
      error: { code: "model_failed", message: "The recording has no reply left after its 2." },
    });
  });

  it("takes the branch whose condition holds and drops what it passed over", async () => {
    const replies = [
      { text: "load" },
      { text: "plain", when: { observation: { includes: "ModuleNotFoundError" } } },
      { text: "pandas", when: { observation: { excludes: "Error", matches: "\\d+ rows" } } },
      { text: "other" },
      { text: "end" },
    ];
    const broken = createReplayModel({ replies });
    await ask(broken, "");
    expect((await ask(broken, "ModuleNotFoundError: pandas")).text).toBe("plain");
    const working = createReplayModel({ replies });
    await ask(working, "");
    expect((await ask(working, "406 rows")).text).toBe("pandas");
    expect((await ask(working, "ModuleNotFoundError")).text).toBe("other");
    const neither = createReplayModel({ replies });
    await ask(neither, "");
    expect((await ask(neither, "406 rows, Error")).text).toBe("other");
  });

  it("says that no reply fits", async () => {
    const replies = [{ text: "a", when: { observation: { includes: "x" } } }];
    const run = await ask(createReplayModel({ replies, source: "demo.jsonl" }), "y");
    expect(run.finish).toMatchObject({
      error: { message: "The recording demo.jsonl has no reply that fits the last observation." },
    });
  });

  it("stops before stop strings and on the signal", async () => {
    const replies = [{ text: "x = 1</execute> more" }, { text: "y" }];
    const model = createReplayModel({ replies, chunkCharacters: 1 });
    expect(await ask(model, "", { stop: ["</execute>"] })).toMatchObject({
      text: "x = 1",
      finish: { reason: "stop" },
    });
    expect((await ask(model, "", { signal: AbortSignal.abort() })).events).toEqual([
      { type: "finish", reason: "aborted" },
    ]);
    expect((await ask(model, "")).text).toBe("y");
  });
});

describe("parseReplayFile", () => {
  it("reads JSON, a list, and JSON lines", () => {
    const replies = [{ text: "a" }, { text: "b" }];
    expect(parseReplayFile(JSON.stringify({ id: "m", replies }), "f")).toEqual({
      id: "m",
      replies,
    });
    expect(parseReplayFile(JSON.stringify(replies, null, 2), "f")).toEqual({ replies });
    expect(parseReplayFile('{"text":"a"}\n\n{"text":"b"}\n', "f")).toEqual({ replies });
    expect(parseReplayFile('{"text":"a"}', "f")).toEqual({ replies: [{ text: "a" }] });
  });

  it.each([
    ["", /^f holds no reply\.$/],
    ['{"text":"a"}\n{"text":', /^f, line 2, is not JSON\.$/],
    ['{"text":"a"}\n\n{"txt":"b"}', /^f, line 3, is not a recording: text: /],
    ['[{"text":"a"},{"text":1}]', /^f is not a recording: in reply 2, text: /],
    ['{"replies":[\n{"text":"a"},\n{"text" "b"}]}', /^f is not JSON at line 3\.$/],
    ['{"text":"a","when":{"observation":{"matches":"("}}}', /matches: is not a regular expression/],
    ['{"text":"a","wen":{}}', /line 1, is not a recording: .*wen/],
  ])("names what is wrong in %j", (text, message) => {
    expect(() => parseReplayFile(text, "f")).toThrow(
      expect.objectContaining({
        code: "invalid_input",
        message: expect.stringMatching(message) as string,
      }),
    );
  });

  it("says which file is missing", async () => {
    await expect(loadReplay(join(folder, "none.jsonl"))).rejects.toMatchObject({
      code: "file_not_found",
      message: expect.stringMatching(/none\.jsonl\.$/) as string,
    });
    await expect(loadReplay(folder)).rejects.toMatchObject({ code: "invalid_input" });
  });
});

describe("createRecordingModel", () => {
  it("yields the same events and records what replays alike", async () => {
    const usage = { inputTokens: 1, outputTokens: 2 };
    const replies = [
      { text: "one\n<execute>", usage },
      { text: "two", finish: "length" as const },
    ];
    const path = join(folder, "recorded.jsonl");
    const write = createReplayWriter(path);
    const model = createRecordingModel(createReplayModel({ id: "m", replies }), { write });
    const plain = createReplayModel({ replies });
    expect(model.id).toBe("m");
    for (const observation of ["a", "b", "c"]) {
      expect(await ask(model, observation)).toEqual(await ask(plain, observation));
    }
    expect((await loadReplay(path)).replies).toEqual(replies);
  });

  it("records tool calls and replays them", async () => {
    const lines: string[] = [];
    const replies = [
      { text: "Go.", toolCalls: [{ name: "execute_python", arguments: { code: "x = 1" } }] },
      { text: "", toolCalls: [{ id: "own", name: "f", arguments: "{broken" }] },
    ];
    const write = (line: string) => lines.push(line);
    const model = createRecordingModel(createReplayModel({ replies, chunkCharacters: 8 }), {
      write,
    });
    expect(model.capabilities.toolCalls).toBe(true);
    const { events } = await ask(model, "");
    expect(events).toEqual([
      { type: "text-delta", text: "Go." },
      {
        type: "tool-call-delta",
        index: 0,
        id: "call00000",
        name: "execute_python",
        arguments: '{"code":',
      },
      { type: "tool-call-delta", index: 0, arguments: '"x = 1"}' },
      { type: "finish", reason: "stop" },
    ]);
    await ask(model, "");
    const recorded = parseReplayFile(lines.join(""), "f");
    expect(recorded.replies[1]).toEqual(replies[1]);
    expect((await ask(createReplayModel({ ...recorded, chunkCharacters: 8 }), "")).events).toEqual(
      events,
    );
  });

  it("records a reply that the consumer ended early", async () => {
    const lines: string[] = [];
    const inner = createReplayModel({ replies: [{ text: "abcdef" }], chunkCharacters: 3 });
    const model = createRecordingModel(inner, { write: (line) => lines.push(line) });
    for await (const event of model.stream({ messages: [] })) {
      expect(event).toEqual({ type: "text-delta", text: "abc" });
      break;
    }
    expect(lines).toEqual(['{"text":"abc"}\n']);
  });

  it("says so when the recording cannot be written", async () => {
    const write = () => {
      throw new Error("disk full");
    };
    const inner = createReplayModel({ replies: [{ text: "a" }] });
    const run = await ask(createRecordingModel(inner, { write }), "");
    expect(run).toMatchObject({ text: "a", finish: { error: { code: "permission_denied" } } });
    expect(() => createReplayWriter(join(folder, "no", "file"))).toThrow(
      expect.objectContaining({ code: "invalid_input" }),
    );
  });

  it("replaces an earlier recording with the first reply", async () => {
    const path = join(folder, "old.jsonl");
    await writeFile(path, "old");
    const write = createReplayWriter(path);
    expect(await readFile(path, "utf8")).toBe("old");
    write("one\n");
    write("two\n");
    expect(await readFile(path, "utf8")).toBe("one\ntwo\n");
  });
});
