import { describe, expect, it } from "vitest";
import { createPythonScanner, dedent, looksLikePython } from "./python-text.ts";

describe("looksLikePython", () => {
  it.each([
    "import numpy as np",
    "import os, sys",
    "from a.b import c",
    "df = pd.read_csv('a')",
    "a, b = 1, 2",
    "x: int = 3",
    "d['k'] += 1",
    "print(x)",
    "plt.plot(a, b)",
    "df.head",
    "df['a']",
    "for i in range(3):",
    "for i in x: print(i)",
    "async def f():",
    "@cache",
    "# a comment",
    "%pip install x",
    "2 + 2",
    "assert x == 1",
    "await f()",
    "with open(p) as f:",
  ])("takes %s", (line) => {
    expect(looksLikePython(line)).toBe(true);
  });

  it.each([
    "",
    "for running code, use it",
    "if you want to",
    "import the package first",
    "from there on",
    "with care",
    "   A  B",
    "0  1  2",
    "Result: 42",
    "The answer is 4.",
    "...",
    " and ",
    "[1, 2, 3]",
    '{"a": 1}',
    "tag to run code",
    "$ ls -l",
    "SELECT * FROM t",
  ])("does not take %j", (line) => {
    expect(looksLikePython(line)).toBe(false);
  });
});

describe("createPythonScanner", () => {
  it.each([
    ["x = 1", "code"],
    ["x = 'a' # it's", "comment"],
    ["x = 'a' # it's\n", "code"],
    ["x = 'it\\'s", "line-string"],
    ["x = 'open\n", "code"],
    ['s = """a "quoted" word', "block-string"],
    ['s = """a"""', "code"],
    ["s = '''a\\'''", "block-string"],
    ["s = ''", "code"],
    ['s = "#" + \'', "line-string"],
    ["s = '''a''", "block-string"],
    ["s = '''a''''", "line-string"],
    ["s = 'a\\\nb", "line-string"],
  ])("ends %j in %s, however it is cut", (source, kind) => {
    for (let cut = 0; cut <= source.length; cut++) {
      const scanner = createPythonScanner();
      scanner.push(source.slice(0, cut));
      scanner.position();
      scanner.push(source.slice(cut));
      expect(scanner.position().kind).toBe(kind);
    }
  });
});

describe("dedent", () => {
  it("removes the first line's indentation where it is shared", () => {
    expect(dedent("  a\n    b\n c\n\n  d")).toBe("a\n  b\n c\n\nd");
    expect(dedent("a\n  b")).toBe("a\n  b");
  });
});
