import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { shortenLiteral } from "./shorten-literal.ts";
import { shortenText } from "./shorten-text.ts";

describe("JSON and literals", () => {
  it("lose items of the middle and keep their brackets", () => {
    const numbers = JSON.stringify(Array.from({ length: 1000 }, (_, index) => index));
    expect(shortenLiteral(numbers, 90)).toBe(
      '[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,"... 980 more items",996,997,998,999]',
    );
    const records = Array.from({ length: 500 }, (_, id) => ({ id, name: `n${id}` }));
    const shown = shortenLiteral(JSON.stringify({ total: 500, records }, null, 2), 400);
    const { total, records: kept } = JSON.parse(shown!) as { total: number; records: unknown[] };
    expect(total).toBe(500);
    expect(kept[0]).toEqual({ id: 0, name: "n0" });
    expect(kept.at(-1)).toEqual({ id: 499, name: "n499" });
    expect(kept).toContainEqual(expect.stringMatching(/^\.\.\. \d+ more items$/));
  });

  it("lose the ends of long strings", () => {
    expect(shortenLiteral(JSON.stringify({ text: "a\n".repeat(500), n: 1 }), 100)).toBe(
      `{"text":"${"a\\n".repeat(16)}a... (1451 characters left out)","n":1}`,
    );
  });

  it("may be Python's", () => {
    const items = Array.from({ length: 100 }, (_, index) => `'k${index}': array([${index}, 2])`);
    expect(shortenLiteral(`{${items.join(",\n ")}}`, 160)).toBe(
      "{'k0': array([0, 2]),\n 'k1': array([1, 2]),\n 'k2': array([2, 2]),\n 'k3': array([3, 2]),\n '...': '95 more items',\n 'k99': array([99, 2])}",
    );
  });

  it.each([
    "[1, 2",
    "[1] and more",
    "plain",
    "[1}",
    "{'a': 'b\n'}",
    `${"[".repeat(200)}${"]".repeat(200)}`,
  ])("are not what %j is", (text) => {
    expect(shortenLiteral(text, 10)).toBeUndefined();
  });

  it("stay JSON at any length", () => {
    fc.assert(
      fc.property(fc.json(), fc.nat(400), (json, max) => {
        const shown = shortenLiteral(json, max);
        if (shown === undefined) {
          expect(json).not.toMatch(/^\s*[[{]/);
          return;
        }
        expect(JSON.parse(shown)).toBeTypeOf("object");
        if (json.length <= max) expect(shown).toBe(json.trim());
      }),
      { numRuns: 2000, seed: 7 },
    );
  });
});

describe("other text", () => {
  const rows = ["id,name", ...Array.from({ length: 300 }, (_, index) => `${index},n${index}`)];
  const csv = rows.join("\n");

  it("keeps the head of a table and whole rows, and says how to read on", () => {
    const shown = shortenText(csv, 120, (start, end) => `print(cell_output(2)[${start}:${end}])`);
    const [head, tail] = shown.split(/\n\[\.\.\. .* \.\.\.\]\n/);
    expect(rows.join("\n").startsWith(`${head}\n`)).toBe(true);
    expect(rows.join("\n").endsWith(`\n${tail}`)).toBe(true);
    const note =
      /\[\.\.\. (\d+) characters in (\d+) lines left out: print\(cell_output\(2\)\[(\d+):(\d+)\]\) shows more \.\.\.\]/.exec(
        shown,
      );
    const [left, lines, start, end] = note!.slice(1).map(Number);
    expect(csv.slice(start)).toMatch(/^\d+,n\d+\n/);
    expect(start).toBe(head!.length + 1);
    expect(left).toBe(csv.length - start! - tail!.length);
    expect(lines).toBe(rows.length - shown.split("\n").length + 1);
    expect(end! - start!).toBe(108);
  });

  it("shortens a line of great length by itself", () => {
    const long = JSON.stringify(Array.from({ length: 500 }, (_, index) => index));
    const shown = shortenText(`result:\n${long}\ndone`, 400);
    expect(shown).toMatch(
      /^result:\n\[0,1,.*"\.\.\. \d+ more items".*499\]\ndone\n\[long lines shortened, from \d+ characters\]$/,
    );
  });

  it("never passes its limit by more than its notes", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ maxLength: 300 }), { maxLength: 60 }),
        fc.integer({ min: 50, max: 2000 }),
        (lines, max) => {
          const text = lines.join("\n");
          const shown = shortenText(text, max, (start, end) => `print(x[${start}:${end}])`);
          if (text.length <= max) expect(shown).toBe(text);
          else expect(shown.length).toBeLessThanOrEqual(max + 160);
        },
      ),
      { numRuns: 1000, seed: 7 },
    );
  });
});
