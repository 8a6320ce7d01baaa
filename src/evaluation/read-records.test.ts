import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { z } from "zod";
import type { CodeActError } from "../errors.ts";
import { readRecords } from "./read-records.ts";

let data: string;
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), "codeact-records-"));
  mkdirSync(join(data, "b"));
  writeFileSync(join(data, "b/tasks.jsonl"), '{"n": 1}\n\n{"n": "two"}\n{"n": 3\n{"n": 4}\n');
});
afterEach(() => rmSync(data, { recursive: true, force: true }));

const schema = z.object({ n: z.number() });

it("names the command that fetches what is missing", async () => {
  await expect(readRecords("gsm8k/test.jsonl", schema, { data })).rejects.toMatchObject({
    code: "file_not_found",
    message: `The data of gsm8k is missing: ${join(data, "gsm8k/test.jsonl")} can't be read.`,
    hint: expect.stringContaining("codeact eval fetch gsm8k"),
  });
});

it("names file and line of a malformed record", async () => {
  await expect(readRecords("b/tasks.jsonl", schema, { data })).rejects.toMatchObject({
    code: "invalid_input",
    message: expect.stringMatching(/b\/tasks\.jsonl, line 3, is malformed: n: /),
  });
});

it("leaves malformed records out on request, and tells of each", async () => {
  const faults: CodeActError[] = [];
  const onMalformed = (fault: CodeActError) => void faults.push(fault);
  expect(await readRecords("b/tasks.jsonl", schema, { data, onMalformed })).toEqual([
    { n: 1 },
    { n: 4 },
  ]);
  expect(faults.map(({ message }) => /line \d/.exec(message)?.[0])).toEqual(["line 3", "line 4"]);
});
