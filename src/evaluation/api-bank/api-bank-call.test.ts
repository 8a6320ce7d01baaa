import { describe, expect, it } from "vitest";
import { codeCallText, readCallByMeaning, readCallFaithfully, writeCall } from "./api-bank-call.ts";

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

describe("readCallFaithfully", () => {
  it("has the original's quirks: no lists in code, values up to a comma in text, one line", () => {
    expect(readCallFaithfully("[F(a=['x', 'y'], b='z')]", "code")).toEqual({
      name: "F",
      arguments: { b: "z" },
    });
    expect(readCallFaithfully("[Action: F, a: Hello, you, b: z]", "text")).toEqual({
      name: "F",
      arguments: { a: "Hello", b: "z" },
    });
    expect(readCallFaithfully('[\n{"action": "F"}\n]', "json")).toBeUndefined();
    expect(readCallFaithfully("F(a='b')", "code")).toBeUndefined();
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
    expect(readCallByMeaning("[Action: GetToday]", "text")).toEqual({
      name: "GetToday",
      arguments: {},
    });
    expect(codeCallText("[F(\n  a=['x'],\n)]")).toBe("F(\n  a=['x'],\n)");
  });
});
