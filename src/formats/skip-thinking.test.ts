import { describe, expect, it } from "vitest";
import { createJsonFormat } from "./json-format.ts";
import { createTextFormat } from "./text-format.ts";
import type { ParsedReply, ReplyParser } from "./format.ts";
import { skipThinking } from "./skip-thinking.ts";

/** Gives a reply to a parser that keeps everything, in pieces of this size; returns what it kept and showed. */
function read(reply: string, size: number): { readonly kept: string; readonly shown: string } {
  let kept = "";
  let shown = "";
  const parser = skipThinking((): ReplyParser => {
    let text = "";
    return {
      complete: false,
      push(piece) {
        text += piece;
        return [{ type: "text", text: piece }];
      },
      finish: () => ({ kind: "answer", text }),
    };
  });
  for (let at = 0; at < reply.length; at += size) {
    for (const segment of parser.push(reply.slice(at, at + size))) shown += segment.text;
  }
  kept = parser.finish().text;
  return { kept, shown };
}

describe("skipThinking", () => {
  it.each([
    ["<think>\nAnswer: 3?\n</think>\n\nAnswer: 5", "Answer: 5"],
    ["  <think></think>5", "5"],
    ["<think>never done. Answer: 3", ""],
    ["opened by the template\n</think>\n\nAnswer: 5", "Answer: 5"],
    ["a < b, and <thinking> is no mark", "a < b, and <thinking> is no mark"],
    ["Not <think> at the start", "Not <think> at the start"],
    ["<thi", "<thi"],
    ["", ""],
  ])("makes of %j in pieces of any size %j", (reply, expected) => {
    for (const size of [1, 3, 7, 1000]) expect(read(reply, size).kept).toBe(expected);
  });

  it("shows a reply as it comes, and no thinking", () => {
    expect(read("<think>a</think>b c", 1).shown).toBe("b c");
  });

  it("keeps calls that a model only thinks of from being run", () => {
    const reply = (call: string) =>
      `<think>\nMaybe Action: ${call} End Action or Answer: 3?\n</think>\n\nAnswer: 5`;
    const parse = (parser: ReplyParser, text: string): ParsedReply => {
      for (const piece of text.match(/[^]{1,4}/g) ?? []) parser.push(piece);
      return parser.finish();
    };
    const answer = { kind: "answer", text: "5" };
    expect(parse(createTextFormat().createParser({}), reply("foo, 1"))).toEqual(answer);
    const call = '{"tool": "foo", "args": [1]}';
    expect(parse(createJsonFormat().createParser({}), reply(call))).toEqual(answer);
  });
});
