import { PassThrough } from "node:stream";
import { setImmediate as nextTick } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { createLineEditor } from "./line-editor.ts";
import type { LineRequest, LineResult } from "./line-editor.ts";

/** Types keys one after the other, and returns what was read and all that was written. */
async function type(
  keys: readonly string[],
  request: Partial<LineRequest> = {},
): Promise<{ readonly result: LineResult; readonly output: string }> {
  const input = new PassThrough();
  const output = Object.assign(new PassThrough(), { columns: 40, rows: 10 });
  using editor = createLineEditor(input, output);
  const reading = editor.read({ prompt: "> ", ...request });
  for (const key of keys) {
    input.write(key);
    await nextTick();
    await nextTick();
  }
  return { result: await reading, output: String(output.read()) };
}

const [left, up, home, end] = ["\u001b[D", "\u001b[A", "\u001b[H", "\u001b[F"];
const history = (...entries: string[]) => ({
  entries,
  add: (entry: string) => void entries.push(entry),
});

describe("the line editor", () => {
  const edits: readonly (readonly [string, readonly string[], string])[] = [
    ["text", ["héllo 日本", "\r"], "héllo 日本"],
    ["a character in the middle", ["ac", left, "b", "\r"], "abc"],
    ["a whole emoji away", ["a👩‍👩‍👧", "\u007f", "b", "\r"], "ab"],
    ["to both ends", ["b", home, "a", end, "c", "\r"], "abc"],
    ["a word away and back", ["one two", "\u0017", "\u0019", "\u0019", "\r"], "one twotwo"],
    ["all before the cursor away", ["one", "\u0015", "two", "\r"], "two"],
    ["a line with Alt-Enter and with Ctrl-J", ["a", "\u001b\r", "b", "\n", "c", "\r"], "a\nb\nc"],
    ["in the line above", ["ab", "\n", "cd", up, "X", "\r"], "abX\ncd"],
    ["pasted lines", ["\u001b[200~a\r\nb\nc\u001b[201~", "!", "\r"], "a\nb\nc!"],
  ];
  it.each(edits)("edits: %s", async (_name, keys, text) => {
    const { result } = await type(keys);
    expect(result).toEqual({ type: "line", text });
  });

  it("adds a line while the text is open, without the backslash", async () => {
    const { result } = await type(["a\\", "\r", "b", "\r"], {
      isOpen: (text) => text.endsWith("\\"),
    });
    expect(result).toEqual({ type: "line", text: "a\nb" });
  });

  it("tells Ctrl-C and Ctrl-D", async () => {
    expect((await type(["abc", "\u0003"])).result).toEqual({ type: "interrupt", text: "abc" });
    expect((await type(["\u0004"])).result).toEqual({ type: "end" });
    expect((await type(["ab", home, "\u0004", "\r"])).result).toEqual({ type: "line", text: "b" });
  });

  it("walks through the history, also only through what starts alike", async () => {
    const entries = history("plot it", "print x", "quit");
    expect((await type([up, up, "\r"], { history: entries })).result).toMatchObject({
      text: "print x",
    });
    expect(
      (await type(["pl", up, "\r"], { history: history("plot it", "print x") })).result,
    ).toMatchObject({ text: "plot it" });
  });

  it("searches the history with Ctrl-R", async () => {
    const entries = history("plot the cars", "fit the cars", "other");
    const found = await type(["\u0012", "c", "a", "r", "\u0012", "\r"], { history: entries });
    expect(found.result).toMatchObject({ text: "plot the cars" });
    expect(entries.entries.at(-1)).toBe("plot the cars");
    const given = await type(["mine", "\u0012", "f", "i", "t", "\u0007", "\r"], {
      history: entries,
    });
    expect(given.result).toMatchObject({ text: "mine" });
  });

  it("shows nothing of hidden text and keeps it out of the history", async () => {
    const entries = history();
    const { result, output } = await type(["se", "cret", "\r"], { hidden: true, history: entries });
    expect(result).toEqual({ type: "line", text: "secret" });
    expect(output).not.toContain("s");
    expect(entries.entries).toEqual([]);
  });

  it("completes a word, and lists several", async () => {
    const words = ["/undo", "/under"];
    const complete = async (typed: string) => ({
      from: 0,
      words: words.filter((word) => word.startsWith(typed)),
    });
    const { result, output } = await type(["/u", "\t", "\t", "o", "\t", "\r"], { complete });
    expect(output).toContain("/undo   /under");
    expect(result).toEqual({ type: "line", text: "/undo " });
  });

  it("keeps what is typed while nothing is read, and tells Ctrl-C at once", async () => {
    const input = new PassThrough();
    using editor = createLineEditor(input, new PassThrough());
    let interrupts = 0;
    editor.onInterrupt = () => (interrupts += 1);
    input.write("lost\u0003ahead\rnext\r");
    await nextTick();
    expect(interrupts).toBe(1);
    expect(await editor.read({ prompt: "" })).toEqual({ type: "line", text: "ahead" });
    expect(await editor.read({ prompt: "" })).toEqual({ type: "line", text: "next" });
  });

  it("ends when the terminal is gone", async () => {
    const input = new PassThrough();
    using editor = createLineEditor(input, new PassThrough());
    const reading = editor.read({ prompt: "" });
    input.end();
    expect(await reading).toEqual({ type: "end" });
  });
});
