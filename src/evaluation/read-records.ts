import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { z } from "zod";
import { CodeActError } from "../errors.ts";
import type { LoadOptions } from "./benchmark.ts";

/**
 * Reads a file of JSON lines of a benchmark, each checked. `path` starts with the benchmark's folder, such as
 * `gsm8k/test.jsonl`; `parse` reads a line, as JSON unless it is given. Rejects with `file_not_found`, naming the command that fetches the file, and with
 * `invalid_input`, naming file and line, unless malformed records are to be left out.
 */
export async function readRecords<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
  { data, onMalformed }: LoadOptions,
  parse: (line: string) => unknown = JSON.parse,
): Promise<readonly z.infer<Schema>[]> {
  const file = join(data, path);
  const text = await readDataFile(path, data);
  const records: z.infer<Schema>[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const parsed = schema.safeParse(tryParse(line, parse));
    if (parsed.success) {
      records.push(parsed.data);
      continue;
    }
    const [issue] = parsed.error.issues;
    const where = issue === undefined || issue.path.length === 0 ? "" : `${issue.path.join(".")}: `;
    const fault = new CodeActError(
      "invalid_input",
      `${file}, line ${index + 1}, is malformed: ${where}${issue?.message ?? "it is not JSON"}.`,
      {
        hint: "Correct the line, fetch the data again, or leave such records out with --skip-malformed.",
      },
    );
    if (onMalformed === undefined) throw fault;
    onMalformed(fault);
  }
  return records;
}

/** Reads a file of a benchmark's data as text. Rejects with `file_not_found`, naming the command that fetches it. */
export async function readDataFile(path: string, data: string): Promise<string> {
  const file = join(data, path);
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    const name = path.split("/")[0];
    throw new CodeActError(
      "file_not_found",
      `The data of ${name} is missing: ${file} can't be read.`,
      {
        hint: `Run \`codeact eval fetch ${name}\`, or name the folder that holds ${name}/ with --data or CODEACT_DATA.`,
        cause,
      },
    );
  }
}

function tryParse(line: string, parse: (line: string) => unknown): unknown {
  try {
    return parse(line);
  } catch {
    return undefined;
  }
}
