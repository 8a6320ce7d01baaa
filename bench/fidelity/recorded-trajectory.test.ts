import { describe, expect, it } from "vitest";
import { readObservation, tracebackErrors } from "./recorded-observation.ts";
import { readCells } from "./recorded-trajectory.ts";

const steps = "\nYou have 4 steps left and 2 chances to propose solution left.\n";

describe("readCells", () => {
  const say = (role: "user" | "assistant", content: string) => ({ role, content });
  const instructions = say("user", "Task: <execute>not a cell</execute>");
  const observed = (text: string) => say("user", `Observation:\n${text}${steps}`);

  it("pairs cells with what followed them; the last turn has nothing", () => {
    const history = [
      instructions,
      say("assistant", "<execute>1</execute>"),
      observed("Out[1]: 1"),
      say("assistant", "<solution>1</solution>"),
      observed("Your answer is wrong."),
      say("assistant", "<execute>2</execute>"),
    ];
    expect(readCells(history, "math")).toEqual([
      {
        code: "1",
        observation: { text: "Out[1]: 1", truncated: false, errors: [], timedOut: false },
      },
      { code: "2" },
    ]);
  });

  it("ends at the first cell that searches", () => {
    const history = [
      instructions,
      say("assistant", "<execute>1</execute>"),
      observed("Out[1]: 1"),
      say("assistant", "<execute>print(wikipedia_search('x'))</execute>"),
      observed("Page: x"),
      say("assistant", "<execute>3</execute>"),
      observed("Out[3]: 3"),
    ];
    expect(readCells(history, "mmlu").map(({ code }) => code)).toEqual(["1"]);
  });

  it("knows ALFWorld's tools in its own tasks only", () => {
    const history = [
      instructions,
      say("assistant", "<execute>look('x')</execute>"),
      observed("You see nothing"),
    ];
    expect(readCells(history, "alfworld")).toEqual([]);
    expect(readCells(history, "math")).toHaveLength(1);
  });
});

describe("readObservation", () => {
  it("leaves out the sentences about steps", () => {
    const message = `Observation:\n1\n2${steps}You should take the last step to propose a solution.\n`;
    expect(readObservation(message)?.text).toBe("1\n2");
  });

  it("knows a cut text by its mark and takes the mark off", () => {
    const message = `Observation:\n[1, 2, ...\n[Output Truncated]${steps}`;
    expect(readObservation(message)).toEqual({
      text: "[1, 2, ",
      truncated: true,
      errors: [],
      timedOut: false,
    });
  });

  it("knows the recording's own time-out, but not a TimeoutError of the code's", () => {
    const rule = "-".repeat(75);
    const head = `${rule}\nTimeoutError      Traceback (most recent call last)\n`;
    const own = `${head}TimeoutError: Timed out after 30 seconds.`;
    expect(readObservation(`Observation:\n${own}${steps}`)?.timedOut).toBe(true);
    const raised = `${head}TimeoutError: no answer`;
    expect(readObservation(`Observation:\n${raised}${steps}`)?.timedOut).toBe(false);
  });

  it("is undefined for any other message", () => {
    expect(readObservation("Hello")).toBeUndefined();
  });
});

describe("tracebackErrors", () => {
  it("reads the exceptions of a chain in their order", () => {
    const text = [
      "-".repeat(75),
      "TypeError                                 Traceback (most recent call last)",
      "TypeError: a",
      "",
      "During handling of the above exception, another exception occurred:",
      "",
      "ValueError                                Traceback (most recent call last)",
      "ValueError: b",
    ].join("\n");
    expect(tracebackErrors(text)).toEqual(["TypeError", "ValueError"]);
  });

  it("reads a syntax error of the cell, which has no headline", () => {
    const text = "  Cell In[1], line 2\n    x = (\n        ^\nSyntaxError: invalid syntax";
    expect(tracebackErrors(text)).toEqual(["SyntaxError"]);
  });

  it("finds none in a text that only mentions one", () => {
    expect(tracebackErrors("Error: ValueError happened\nTraceback")).toEqual([]);
  });
});
