import { z } from "zod";
import type { FunctionDescription } from "../../formats/format.ts";
import type { LoadOptions } from "../benchmark.ts";
import { readJsonFile, readRecords } from "../read-records.ts";
import type { M3Expected } from "./m3-grade.ts";

const recordSchema = z
  .object({
    index: z.number(),
    name: z.string(),
    family: z.string(),
    instruction: z.string(),
    expected_type: z.string(),
    expected_repr: z.string(),
    expected_str: z.string(),
    tools: z.array(z.string()),
  })
  .transform(({ expected_type, expected_repr, expected_str, ...task }) => ({
    ...task,
    expected: { type: expected_type, repr: expected_repr, text: expected_str } satisfies M3Expected,
  }));

/** A task as the data set tells it. */
export type M3Record = z.infer<typeof recordSchema>;

/** All that the benchmark is made of. */
export interface M3Data {
  readonly tasks: readonly M3Record[];
  /** The tools of each family, as the model reads them; the signature starts with the name. */
  readonly functions: Readonly<Record<string, readonly FunctionDescription[]>>;
  /** Flights and hotels. */
  readonly travel: unknown;
  /** The pages of the web site by name. */
  readonly pages: Readonly<Record<string, string>>;
}

const functionsSchema = z.record(
  z.string(),
  z.array(z.object({ name: z.string(), description: z.string(), signature: z.string() })),
);
const travelSchema = z.object({
  flights: z.array(z.record(z.string(), z.unknown())),
  hotels: z.array(z.record(z.string(), z.unknown())),
});

/** Reads the benchmark's files. Rejects with `file_not_found` or `invalid_input`. */
export async function loadM3Data(options: LoadOptions): Promise<M3Data> {
  const [tasks, functions, travel, pages] = await Promise.all([
    readRecords("m3tooleval/m3tooleval.jsonl", recordSchema, options, { idOf: ({ name }) => name }),
    readJsonFile("m3tooleval/m3tooleval_tools.json", functionsSchema, options.data),
    readJsonFile("m3tooleval/m3tooleval_travel.json", travelSchema, options.data),
    readRecords(
      "m3tooleval/m3tooleval_web_pages.jsonl",
      z.object({ name: z.string(), content: z.string() }),
      options,
      { idOf: ({ name }) => name },
    ),
  ]);
  return {
    tasks,
    functions,
    travel,
    pages: Object.fromEntries(pages.map(({ name, content }) => [name, content])),
  };
}
