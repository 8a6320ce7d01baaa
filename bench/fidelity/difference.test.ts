import { describe, expect, it } from "vitest";
import type { CellResult } from "./compare-cell.ts";
import { causeOf, type Difference, usesNamesOf } from "./difference.ts";

const said = (text: string, ...errors: string[]): CellResult => ({
  status: errors.length === 0 ? "ok" : "error",
  text,
  errors,
});
const difference = (
  code: string,
  recordedText: string,
  result: CellResult,
  more: Partial<Difference> = {},
): Difference => ({
  cell: {
    code,
    observation: { text: recordedText, truncated: false, errors: [], timedOut: false },
  },
  result,
  agreesWithLibraries: false,
  agreesWithReference: false,
  again: [],
  atRecordingTime: [],
  elsewhere: [],
  suspects: [],
  ...more,
});

describe("causeOf", () => {
  it.each<[string, Difference]>([
    [
      "memory addresses",
      difference("f", "Out[1]: <f at 0x7f1e04f944c0>", said("<f at 0x55d0aa10>")),
    ],
    ["missing packages", difference("import nltk", "", said("", "ModuleNotFoundError"))],
    [
      "notice of the recording",
      difference(
        "1",
        "The history saving thread hit an unexpected error (OperationalError('disk I/O error'))." +
          "History will not be written to the database.\nOut[1]: 1",
        said("1"),
      ),
    ],
    ["randomness", difference("random()", "0.1", said("0.2"), { again: [said("0.3")] })],
    [
      "time",
      difference("now().year", "2023", said("2026"), {
        again: [said("2026")],
        atRecordingTime: [said("2023"), said("2023")],
      }),
    ],
    [
      "randomness",
      difference("round(random(), 1)", "0.1", said("0.2"), {
        again: [said("0.2")],
        atRecordingTime: [said("0.2"), said("0.3")],
      }),
    ],
    [
      "set order",
      difference("list({'a', 'b'})", "['a', 'b']", said("['b', 'a']"), {
        again: [said("['b', 'a']")],
        elsewhere: [said("['b', 'a']"), said("['a', 'b']")],
      }),
    ],
    ["library versions", difference("x", "1", said("2"), { agreesWithLibraries: true })],
    ["python version", difference("x", "1", said("2"), { agreesWithReference: true })],
    [
      "earlier difference",
      difference("print(x)", "1", said("", "NameError"), { suspects: [{ code: "x = slow()" }] }),
    ],
    [
      "earlier difference",
      difference(
        "nx.path()",
        "Out[2]: [1]",
        { ...said("", "NameError"), errorMessage: "name 'nx' is not defined" },
        { suspects: [{ code: "import networkx as nx" }], agreesWithReference: true },
      ),
    ],
    ["unexplained", difference("print(x)", "1", said("2"), { suspects: [{ code: "y = 1" }] })],
  ])("tells %s", (cause, given) => {
    expect(causeOf(given)).toBe(cause);
  });

  it("does not take an error for a difference of addresses", () => {
    expect(causeOf(difference("assert x", "", said("", "AssertionError")))).toBe("unexplained");
  });
});

describe("usesNamesOf", () => {
  it.each([
    ["an assignment", "x = 1"],
    ["several targets", "y, x = 1, 2"],
    ["a function", "def x(): pass"],
    ["an import", "import a.b as x"],
    ["an import from a module", "from a import y, x"],
  ])("sees %s", (_, definition) => {
    expect(usesNamesOf("print(x)", definition)).toBe(true);
  });

  it("takes a comparison for no definition", () => {
    expect(usesNamesOf("print(x)", "x == 1")).toBe(false);
  });
});
