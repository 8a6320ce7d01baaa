import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { messageText } from "../../models/model.ts";
import { playOptions } from "../../../test/play-options.ts";
import { createBareRuntime } from "../../execution/runtimes/bare-runtime.ts";
import type { PlayContext } from "../benchmark.ts";
import { createOracleModel } from "../oracle.ts";
import { mmlu, readLetter } from "./mmlu-benchmark.ts";
import { playTask } from "../play-task.ts";
import { parseCsv } from "./parse-csv.ts";
import { unpackMmlu } from "./unpack-mmlu.ts";

let data: string;
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), "codeact-mmlu-"));
  for (const part of ["test", "dev"]) mkdirSync(join(data, "mmlu", part), { recursive: true });
  writeFileSync(join(data, "mmlu/dev/high_school_art_dev.csv"), '"Which, ""a"" or b?",1,2,3,4,B\n');
  writeFileSync(join(data, "mmlu/test/high_school_art_test.csv"), "Who?\n,Ann,Bob,Cy,Di,C\n");
});
afterEach(() => rmSync(data, { recursive: true, force: true }));

describe("mmlu", () => {
  it("asks after examples of the subject and reads a letter", async () => {
    writeFileSync(join(data, "mmlu/test/high_school_art_test.csv"), "Who?,Ann,Bob,Cy,Di,C\n");
    const [task] = await mmlu.load({ data });
    expect(task).toMatchObject({ id: "high_school_art/0", group: "high_school_art" });
    const context = {
      model: createOracleModel(["C"]),
      grading: "faithful",
      sampling: {},
      signal: new AbortController().signal,
    } as unknown as PlayContext;
    const play = task!.play(context);
    let step = await play.next();
    while (step.done !== true) step = await play.next();
    expect(step.value).toMatchObject({ success: true, turns: 1 });
    expect(messageText(step.value.messages[0]!)).toBe(
      'The following are multiple choice questions (with answers) about high school art.\n\nWhich, "a" or b?\nA. 1\nB. 2\nC. 3\nD. 4\nAnswer: B\n\nWho?\nA. Ann\nB. Bob\nC. Cy\nD. Di\nAnswer:',
    );
  });

  it.each(["code", "json", "text"] as const)("is played by the agent in %s too", async (format) => {
    writeFileSync(join(data, "mmlu/test/high_school_art_test.csv"), "Who?,Ann,Bob,Cy,Di,C\n");
    const [task] = await mmlu.load({ data, variant: "agent" });
    const oracle = task!.oracle!({ format, grading: "faithful" });
    if ("impossible" in oracle) throw new Error(oracle.impossible);
    await using runtime = createBareRuntime({ python: "python3" });
    const { ending } = await playTask(
      task!,
      playOptions({ model: createOracleModel(oracle.replies), runtime, format }),
    );
    expect(ending).toMatchObject({ success: true, turns: 2, answer: "C" });
    expect(messageText(ending.messages.at(-2)!)).toMatch(/^(Execution Output|Observation):\nC$/);
  });

  it("names file and line of a malformed row", async () => {
    await expect(mmlu.load({ data })).rejects.toThrow(
      /high_school_art_test\.csv, line 1, is malformed/,
    );
  });

  it("names the command that fetches the data", async () => {
    await expect(mmlu.load({ data: join(data, "none") })).rejects.toMatchObject({
      hint: expect.stringContaining("codeact eval fetch mmlu"),
    });
  });

  it("unpacks the archive of its authors", async () => {
    const archive = join(data, "data.tar");
    execFileSync("tar", ["-cf", archive, "--transform", "s/^mmlu/data/", "-C", data, "mmlu"]);
    const files = await unpackMmlu(readFileSync(archive));
    expect([...files.keys()].toSorted()).toEqual([
      "mmlu/dev/high_school_art_dev.csv",
      "mmlu/test/high_school_art_test.csv",
    ]);
  });
});

it("reads CSV with quotes, and the line on which a row starts", () => {
  expect(parseCsv('a,"b, ""c""\nd"\r\n\n,e')).toEqual([
    { cells: ["a", 'b, "c"\nd'], line: 1 },
    { cells: ["", "e"], line: 4 },
  ]);
});

it.each([
  [" B", "B", "B"],
  ["The answer is (C).", undefined, "C"],
  ["**D**", undefined, "D"],
  ["A good question. I choose D", "A", "D"],
  ["Both B and C", "B", undefined],
])("reads %j as %s, corrected %s", (reply, faithful, corrected) => {
  expect(readLetter(reply, "faithful")).toBe(faithful);
  expect(readLetter(reply, "corrected")).toBe(corrected);
});
