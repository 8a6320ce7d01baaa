import { describe, expect, it } from "vitest";
import { createCodeFormat } from "./code-format.ts";

describe("createCodeFormat", () => {
  it("describes the interpreter it is given", () => {
    const text = createCodeFormat({ maxListed: 2 }).instructions({
      pythonVersion: "3.12.1",
      packages: ["numpy", "pandas", "scipy"],
      files: ["cars.csv"],
    });
    expect(text).toContain("<execute>");
    expect(text).toContain("The interpreter is Python 3.12.1.");
    expect(text).toContain("packages can be imported: numpy, pandas and 1 more.");
    expect(text).toContain("Files in the current folder: cars.csv.");
  });

  it("says that there are no packages, and nothing about what it does not know", () => {
    const format = createCodeFormat({ preamble: "You are Ada." });
    expect(format.instructions({ packages: [] })).toMatch(
      /^You are Ada\.\n\n[^]*Only the standard/,
    );
    expect(format.instructions({})).not.toMatch(/interpreter is|packages|Files/);
  });

  it("reads replies that were stopped before its stop strings", () => {
    const { createParser, stop } = createCodeFormat();
    expect(stop).toEqual(["</execute>", "\nExecution Output:"]);
    const parser = createParser();
    parser.push("<execute>\nprint(1)\n");
    expect(parser.finish()).toMatchObject({ kind: "action", code: "print(1)" });
  });
});
