import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { CodeActError } from "../../errors.ts";
import type { LoadOptions } from "../benchmark.ts";
import { readDataFile, readRecords } from "../read-records.ts";

const dialogues = "api-bank/lv1-lv2-samples/level-1-given-desc";
const databases = "api-bank/init_database";
/** Read by no call. */
const unusedDatabases = new Set(["SearchEngine"]);

const argumentsSchema = z.record(z.string(), z.unknown());
const messageSchema = z.union([
  z.object({ role: z.enum(["User", "AI"]), text: z.string() }),
  z
    .object({
      role: z.literal("API"),
      api_name: z.string(),
      param_dict: argumentsSchema,
      result: z.object({
        input: argumentsSchema.nullable(),
        output: z.unknown(),
        exception: z.string().nullable(),
      }),
    })
    .transform(({ api_name, param_dict, result }) => ({
      role: "API" as const,
      name: api_name,
      arguments: param_dict,
      /** The recorded call. */
      result: { api_name, ...result },
    })),
]);

export type ApiBankMessage = z.infer<typeof messageSchema>;
export type ApiCallMessage = Extract<ApiBankMessage, { role: "API" }>;

/** A call to be made: what was said before it, and the call that the data set holds for right. */
export interface ApiBankSample {
  readonly id: string;
  readonly history: readonly ApiBankMessage[];
  readonly target: ApiCallMessage;
  /** The APIs of the whole dialogue, in alphabetical order. */
  readonly apis: readonly string[];
}

export interface ApiBankData {
  readonly samples: readonly ApiBankSample[];
  /** The initial databases by name. */
  readonly databases: Readonly<Record<string, unknown>>;
  /** All recorded calls, for APIs that would need the network. */
  readonly recorded: readonly ApiCallMessage["result"][];
}

/** Reads dialogues and databases. Rejects with `file_not_found` or `invalid_input`. */
export async function loadApiBankData(options: LoadOptions): Promise<ApiBankData> {
  const files = await listFolder(dialogues, options.data);
  const read = await Promise.all(
    files.map(async (file) => ({
      name: file.slice(0, -".jsonl".length),
      messages: await readRecords(`${dialogues}/${file}`, messageSchema, options),
    })),
  );
  const names = await listFolder(databases, options.data);
  const loaded = names
    .map((file) => file.replace(/\.json$/, ""))
    .filter((name) => !unusedDatabases.has(name))
    .map(async (name) => [name, await readDatabase(name, options.data)] as const);
  return {
    samples: read.flatMap(({ name, messages }) => samplesOf(name, messages)),
    databases: Object.fromEntries(await Promise.all(loaded)),
    recorded: read.flatMap(({ messages }) => messages.filter(isCall).map(({ result }) => result)),
  };
}

/** One sample for each call, and one for the message after each call, which is then graded a second time. */
function samplesOf(name: string, messages: readonly ApiBankMessage[]): readonly ApiBankSample[] {
  const apis = [...new Set(messages.filter(isCall).map((message) => message.name))].sort();
  const made = new Map<number, number>();
  return messages.flatMap((message, index) => {
    if (!isCall(message)) return [];
    return [index, index + 1].flatMap((at) => {
      const target = messages[at];
      if (target === undefined || !isCall(target)) return [];
      const times = (made.get(at) ?? 0) + 1;
      made.set(at, times);
      const id = `${name}/${at}${times === 1 ? "" : `-${times}`}`;
      return [{ id, history: messages.slice(0, at), target, apis }];
    });
  });
}

function isCall(message: ApiBankMessage): message is ApiCallMessage {
  return message.role === "API";
}

async function listFolder(folder: string, data: string): Promise<readonly string[]> {
  try {
    return (await readdir(join(data, folder))).sort();
  } catch (cause) {
    throw new CodeActError(
      "file_not_found",
      `The data of api-bank is missing: ${join(data, folder)} can't be read.`,
      {
        hint: "Run `codeact eval fetch api-bank`, or name the folder that holds api-bank/ with --data or CODEACT_DATA.",
        cause,
      },
    );
  }
}

async function readDatabase(name: string, data: string): Promise<unknown> {
  const path = `${databases}/${name}.json`;
  try {
    return JSON.parse(await readDataFile(path, data));
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new CodeActError("invalid_input", `${path} is not valid JSON.`, {
      hint: "Fetch the data again with `codeact eval fetch api-bank`.",
      cause,
    });
  }
}
