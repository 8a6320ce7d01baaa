import { z } from "zod";
import type { CodeActError } from "../../errors.ts";
import type { LoadOptions } from "../benchmark.ts";
import { readJsonFile, readRecords } from "../read-records.ts";
import files from "./api-bank-files.json" with { type: "json" };

const dialogues = "api-bank/lv1-lv2-samples/level-1-given-desc";
const databases = "api-bank/init_database";
/** Read by no call. */
const unusedDatabases = new Set(["SearchEngine"]);

/** Of the release's dialogues this one says nothing. */
const emptyDialogue = "SearchEngine-level-1-1";

const argumentsSchema = z.record(z.string(), z.unknown());
const entrySchema = z.union([z.record(z.string(), z.unknown()), z.array(z.unknown()), z.string()]);
const databaseSchema = z.union([z.record(z.string(), entrySchema), z.array(entrySchema)], {
  error: "it is no table of entries",
});
const messageSchema = z.discriminatedUnion("role", [
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
  const read = (
    await Promise.all(files.dialogues.map((name) => readDialogue(name, options)))
  ).flat();
  const loaded = files.databases
    .filter((name) => !unusedDatabases.has(name))
    .map(async (name) => {
      const database = await readJsonFile(
        `${databases}/${name}.json`,
        databaseSchema,
        options.data,
      );
      return [name, database] as const;
    });
  return {
    samples: read.flatMap(({ name, messages }) => samplesOf(name, messages)),
    databases: Object.fromEntries(await Promise.all(loaded)),
    recorded: read.flatMap(({ messages }) => messages.filter(isCall).map(({ result }) => result)),
  };
}

/** A dialogue; none when it is left out, as a whole, because one of its messages is malformed. */
async function readDialogue(
  name: string,
  { onMalformed, ...options }: LoadOptions,
): Promise<readonly { readonly name: string; readonly messages: readonly ApiBankMessage[] }[]> {
  let isMalformed = false;
  const messages = await readRecords(
    `${dialogues}/${name}.jsonl`,
    messageSchema,
    {
      ...options,
      ...(onMalformed && {
        onMalformed(fault: CodeActError) {
          isMalformed = true;
          onMalformed(fault);
        },
      }),
    },
    { mayBeEmpty: name === emptyDialogue },
  );
  return isMalformed ? [] : [{ name, messages }];
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
