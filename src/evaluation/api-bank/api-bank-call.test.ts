import { describe, expect, it } from "vitest";
import {
  codeCallText,
  readCallByMeaning,
  readCallFaithfully,
  writeCall,
  writeCallFaithfully,
} from "./api-bank-call.ts";

const call = { name: "AddAgenda", arguments: { content: "Meeting", time: "2023-09-12 14:00:00" } };

describe("writeCall", () => {
  it("writes each format, which is read back", () => {
    expect(writeCall(call, "code")).toBe(
      "[AddAgenda(content='Meeting', time='2023-09-12 14:00:00')]",
    );
    expect(writeCall(call, "json")).toBe(
      '[{"action":"AddAgenda","content":"Meeting","time":"2023-09-12 14:00:00"}]',
    );
    expect(writeCall(call, "text")).toBe(
      "[Action: AddAgenda, content: Meeting, time: 2023-09-12 14:00:00]",
    );
    for (const format of ["code", "json", "text"] as const) {
      expect(readCallFaithfully(`Sure: ${writeCall(call, format)}`, format)).toEqual(call);
    }
    expect(readCallByMeaning(writeCall(call, "text"), "text")).toEqual(call);
  });
});

describe("writeCallFaithfully", () => {
  it("writes the history as the original does, whatever is in a value", () => {
    const said = { name: "SendEmail", arguments: { content: 'It\'s\n"café"', on: "True" } };
    expect(writeCallFaithfully(said, "code")).toBe(
      `[SendEmail(content='It's\n"café"', on='True')]`,
    );
    expect(writeCallFaithfully(said, "json")).toBe(
      String.raw`[{"action": "SendEmail", "content": "It's\n\"caf\u00e9\"", "on": "True"}]`,
    );
    expect(writeCallFaithfully(said, "text")).toBe(
      `[Action: SendEmail, content: It's\n"café", on: True]`,
    );
  });

  it("cuts a name without arguments, in code", () => {
    const today = { name: "GetToday", arguments: {} };
    expect(writeCallFaithfully(today, "code")).toBe("[GetToda)]");
    expect(writeCallFaithfully(today, "json")).toBe('[{"action": "GetToday"}]');
    expect(writeCallFaithfully(today, "text")).toBe("[Action: GetToday]");
  });
});

describe("readCallFaithfully", () => {
  it("has the original's quirks: lists are text in code, values end at a comma in text, one line", () => {
    expect(readCallFaithfully("[F(a=['x', 'y'], b='z')]", "code")).toEqual({
      name: "F",
      arguments: { a: "['x', 'y']", b: "z" },
    });
    expect(readCallFaithfully("[Action: F, a: Hello, you, b: z]", "text")).toEqual({
      name: "F",
      arguments: { a: "Hello", b: "z" },
    });
    expect(readCallFaithfully('[\n{"action": "F"}\n]', "json")).toBeUndefined();
    expect(readCallFaithfully("F(a='b')", "code")).toBeUndefined();
    // Python's \\w knows letters of all languages: what ends like a parameter is not that parameter.
    expect(readCallFaithfully("[Action: F, áb: c]", "text")?.arguments).toEqual({ áb: "c" });
    expect(readCallFaithfully("[F(áb='c')]", "code")?.arguments).toEqual({ áb: "c" });
  });

  it.each([
    ["code", "[F(amount=100, on=True, at = 10)]", { amount: "100", on: "True", at: "10" }],
    ["code", `[F(a='it"s', b="x")]`, { a: "it", b: "x" }],
    ["code", "[F(a='1, b=2', c=-5)]", { a: "1, b=2" }],
    ["code", "[F()]", {}],
    ["text", `[Action: F, a: "Ann Lee", b: 'x', c: "y" ]`, { a: "Ann Lee", b: "x", c: 'y"' }],
    ["text", "[Action: F, ]", {}],
    ["text", "[Action: F]", undefined],
    ["json", '[{"action": "F", "a": 1}]', { a: 1 }],
    ["json", '[{"action": "F"}, {"action": "G"}]', undefined],
    ["json", '[ {"action": "F"} ]', undefined],
    ["json", '["action"]', undefined],
  ] as const)("reads in %s %s", (format, reply, expected) => {
    expect(readCallFaithfully(reply, format)).toEqual(
      expected === undefined ? undefined : { name: "F", arguments: expected },
    );
  });
});

describe("readCallByMeaning", () => {
  it("keeps commas in text and reads several lines", () => {
    expect(readCallByMeaning("[Action: F, a: Hello, you, b: z]", "text")).toEqual({
      name: "F",
      arguments: { a: "Hello, you", b: "z" },
    });
    expect(readCallByMeaning('```json\n[\n  {"action": "F", "a": [1]}\n]\n```', "json")).toEqual({
      name: "F",
      arguments: { a: [1] },
    });
    expect(readCallByMeaning(`[Action: F, a: "b, c", d: 'e']`, "text")).toEqual({
      name: "F",
      arguments: { a: "b, c", d: "e" },
    });
    expect(readCallByMeaning("[Action: GetToday]", "text")).toEqual({
      name: "GetToday",
      arguments: {},
    });
    expect(codeCallText("[F(\n  a=['x'],\n)]")).toBe("F(\n  a=['x'],\n)");
  });
});
