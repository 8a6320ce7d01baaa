import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { z } from "zod";
import type { CodeActError } from "../errors.ts";
import { readJsonFile, readRecords } from "./read-records.ts";

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
    message: `The data of gsm8k is missing: there is no ${join(data, "gsm8k/test.jsonl")}.`,
    hint: expect.stringContaining("codeact eval fetch gsm8k"),
  });
});

it("names file and line of a malformed record", async () => {
  await expect(readRecords("b/tasks.jsonl", schema, { data })).rejects.toMatchObject({
    code: "invalid_input",
    message: `${join(data, "b/tasks.jsonl")}, line 3, is malformed: n: expected number, received string.`,
    hint: expect.stringContaining("codeact eval fetch b --again"),
  });
});

it("leaves malformed records out on request, and tells of each", async () => {
  const faults: CodeActError[] = [];
  const onMalformed = (fault: CodeActError) => void faults.push(fault);
  expect(await readRecords("b/tasks.jsonl", schema, { data, onMalformed })).toEqual([
    { n: 1 },
    { n: 4 },
  ]);
  expect(faults.map(({ message }) => /line \d.*/.exec(message)?.[0])).toEqual([
    "line 3, is malformed: n: expected number, received string.",
    "line 4, is malformed: it is not JSON.",
  ]);
});

it("reads files of any system, and tells bytes that are no text from records", async () => {
  const write = (content: string | Buffer): void => writeFileSync(join(data, "b/x.jsonl"), content);
  const read = () => readRecords("b/x.jsonl", schema, { data });
  write('\u{feff}{"n": 1}\r\n\r\n{"n": 2}');
  expect(await read()).toEqual([{ n: 1 }, { n: 2 }]);
  write(
    Buffer.concat([
      Buffer.from('{"n": 1}\n{"n": 2, "m": "'),
      Buffer.from([0xff]),
      Buffer.from('"}'),
    ]),
  );
  await expect(read()).rejects.toThrow("b/x.jsonl, line 2, is malformed: it is not UTF-8.");
  write('{"n": 1}\n{"n": 2}\0\n');
  await expect(read()).rejects.toThrow("b/x.jsonl, line 2, is malformed: it is not JSON.");
  write("\n\n");
  await expect(read()).rejects.toThrow("b/x.jsonl is malformed: it holds no records.");
});

it("takes the first of two records with one id, and numbers lines for those without", async () => {
  const lines = ['{"n": 1}', '{"n": 2}', '{"n": 1}', "{}", '{"n": 3}'];
  writeFileSync(join(data, "b/x.jsonl"), lines.join("\n"));
  const faults: CodeActError[] = [];
  const numbered = schema.extend({ line: z.int() });
  const records = await readRecords(
    "b/x.jsonl",
    numbered,
    { data, onMalformed: (fault) => void faults.push(fault) },
    {
      parse: (line, number) => ({ ...(JSON.parse(line) as object), line: number }),
      idOf: ({ n }) => n,
    },
  );
  expect(records).toEqual([
    { n: 1, line: 1 },
    { n: 2, line: 2 },
    { n: 3, line: 5 },
  ]);
  expect(faults[0]?.message).toMatch(/line 3, is malformed: its id 1 is that of line 1\.$/);
});

it("names the line where a file stops to be JSON, and the part that is not as it should be", async () => {
  const read = () => readJsonFile("b/x.json", z.object({ list: z.array(z.number()) }), data);
  writeFileSync(join(data, "b/x.json"), '{\n  "list": [\n    1,\n    2 3\n  ]\n}');
  await expect(read()).rejects.toThrow("b/x.json, line 4, is malformed: it is not JSON.");
  writeFileSync(join(data, "b/x.json"), '{"list": [1, "2"]}');
  await expect(read()).rejects.toThrow(
    "b/x.json is malformed: list.1: expected number, received string.",
  );
});
