import { isUtf8 } from "node:buffer";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { z } from "zod";
import { CodeActError } from "../errors.ts";
import type { LoadOptions } from "./benchmark.ts";

/** How the lines of a file become records. */
export interface RecordReading<Record> {
  /** Reads a line, whose number counts from 1. Default: as JSON. What it throws makes the line malformed. */
  parse?(line: string, number: number): unknown;
  /** What tells records apart: of two that are alike the second is malformed. */
  idOf?(record: Record): string | number;
  /** Whether a file without any record is as it should be. Default: false. */
  readonly mayBeEmpty?: boolean;
}

const lineEnd = 10;
const byteOrderMark = "\u{feff}";

/**
 * Reads a file of JSON lines of a benchmark, each checked. `path` starts with the benchmark's folder, such as
 * `gsm8k/test.jsonl`. Rejects with `file_not_found`, naming the command that fetches the file, and with
 * `invalid_input`, naming file and line, unless malformed records are to be left out.
 */
export async function readRecords<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
  { data, onMalformed }: LoadOptions,
  {
    parse = (line) => JSON.parse(line),
    idOf,
    mayBeEmpty = false,
  }: RecordReading<z.infer<Schema>> = {},
): Promise<readonly z.infer<Schema>[]> {
  const file = join(data, path);
  const records: z.infer<Schema>[] = [];
  const lineOfId = new Map<string | number, number>();
  let malformed = 0;
  const refuse = (where: string, what: string): void => {
    malformed += 1;
    const fault = malformedFault(path, `${file}${where} is malformed: ${what}.`, orSkip);
    if (onMalformed === undefined) throw fault;
    onMalformed(fault);
  };

  let number = 0;
  for (const bytes of linesOf(await readBytes(path, data))) {
    number += 1;
    const line = textOf(bytes, number);
    if (line?.trim() === "") continue;
    const read = line === undefined ? "it is not UTF-8" : readLine(line, number);
    if (typeof read === "string") {
      refuse(`, line ${number},`, read);
      continue;
    }
    const id = idOf?.(read.record);
    const first = id === undefined ? undefined : lineOfId.get(id);
    if (first !== undefined) {
      refuse(`, line ${number},`, `its id ${id} is that of line ${first}`);
      continue;
    }
    if (id !== undefined) lineOfId.set(id, number);
    records.push(read.record);
  }
  if (!mayBeEmpty && records.length === 0 && malformed === 0) refuse("", "it holds no records");
  return records;

  function readLine(line: string, number: number): { readonly record: z.infer<Schema> } | string {
    let value: unknown;
    try {
      value = parse(line, number);
    } catch {
      return "it is not JSON";
    }
    const parsed = schema.safeParse(value);
    return parsed.success ? { record: parsed.data } : whatIsWrong(parsed.error);
  }
}

/**
 * Reads a benchmark's file that is one JSON value, checked. Rejects with `file_not_found` as `readRecords` does, and
 * with `invalid_input`, naming the file and, as far as they are known, the line or the part of the value.
 */
export async function readJsonFile<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
  data: string,
): Promise<z.infer<Schema>> {
  const text = await readDataFile(path, data);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const position = /at position (\d+)/.exec((cause as Error).message)?.[1];
    const where =
      position === undefined ? "" : `, line ${text.slice(0, Number(position)).split("\n").length},`;
    throw malformedFault(path, `${join(data, path)}${where} is malformed: it is not JSON.`);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw malformedFault(path, `${join(data, path)} is malformed: ${whatIsWrong(parsed.error)}.`);
}

/** Reads a file of a benchmark's data as text. Rejects with `file_not_found`, naming the command that fetches it. */
export async function readDataFile(path: string, data: string): Promise<string> {
  const text = (await readBytes(path, data)).toString("utf8");
  return text.startsWith(byteOrderMark) ? text.slice(1) : text;
}

function unreadableData(path: string, data: string, cause: unknown): CodeActError {
  const file = join(data, path);
  const name = benchmarkOf(path);
  const isMissing = (cause as NodeJS.ErrnoException).code === "ENOENT";
  return new CodeActError(
    "file_not_found",
    isMissing
      ? `The data of ${name} is missing: there is no ${file}.`
      : `The data of ${name} can't be read: ${file}: ${(cause as Error).message}.`,
    {
      hint: `Run \`codeact eval fetch ${name}\`, or name the folder that holds ${name}/ with --data or CODEACT_DATA.`,
      cause,
    },
  );
}

async function readBytes(path: string, data: string): Promise<Buffer> {
  try {
    return await readFile(join(data, path));
  } catch (cause) {
    throw unreadableData(path, data, cause);
  }
}

/** A file may be longer than a string can be: its lines are found in its bytes. */
function* linesOf(bytes: Buffer): Generator<Buffer> {
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(lineEnd, start);
    yield bytes.subarray(start, end < 0 ? bytes.length : end);
    start = end < 0 ? bytes.length : end + 1;
  }
}

function textOf(bytes: Buffer, number: number): string | undefined {
  if (!isUtf8(bytes)) return undefined;
  const text = bytes.toString("utf8");
  return number === 1 && text.startsWith(byteOrderMark) ? text.slice(1) : text;
}

function whatIsWrong({ issues: [issue] }: z.ZodError): string {
  if (issue === undefined) return "it is no record";
  const where = issue.path.length === 0 ? "" : `${issue.path.join(".")}: `;
  return where + issue.message.replace(/^Invalid input: /, "");
}

const orSkip = ", or leave malformed records out with --skip-malformed";

function malformedFault(path: string, message: string, orElse = ""): CodeActError {
  return new CodeActError("invalid_input", message, {
    hint: `Correct it, or fetch it again with \`codeact eval fetch ${benchmarkOf(path)} --again\`${orElse}.`,
  });
}

function benchmarkOf(path: string): string {
  return path.split("/")[0]!;
}
