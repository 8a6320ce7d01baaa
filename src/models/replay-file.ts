import { readFile } from "node:fs/promises";
import { z } from "zod";
import { CodeActError } from "../errors.ts";
import { fileError } from "./file-error.ts";

const pattern = z.string().refine(isPattern, { error: "is not a regular expression" });

const toolCallSchema = z.strictObject({
  id: z.string().exactOptional(),
  name: z.string(),
  arguments: z.union([z.string(), z.record(z.string(), z.unknown())]),
});

const replySchema = z.strictObject({
  text: z.string(),
  toolCalls: z.array(toolCallSchema).exactOptional(),
  when: z
    .strictObject({
      observation: z.strictObject({
        includes: z.string().exactOptional(),
        excludes: z.string().exactOptional(),
        matches: pattern.exactOptional(),
      }),
    })
    .exactOptional(),
  usage: z
    .strictObject({
      inputTokens: z.int().nonnegative(),
      outputTokens: z.int().nonnegative(),
      cachedInputTokens: z.int().nonnegative().exactOptional(),
      cacheWriteTokens: z.int().nonnegative().exactOptional(),
      estimated: z.literal(true).exactOptional(),
    })
    .exactOptional(),
  finish: z.enum(["stop", "length", "content-filter"]).exactOptional(),
  seed: z.int().exactOptional(),
});

const fileSchema = z.strictObject({
  id: z.string().exactOptional(),
  replies: z.array(replySchema),
});

/**
 * One recorded reply. All conditions of `when.observation` must hold for the text of the last user message;
 * `matches` is the source of a regular expression. Tool calls follow the text; their arguments are the text
 * that the model wrote, or the object that it means. `finish` is `stop` when left out. `seed` is the request's,
 * which tells conversations apart that go on side by side.
 */
export type ReplayReply = z.infer<typeof replySchema>;

export interface ReplayFile {
  readonly id?: string;
  readonly replies: readonly ReplayReply[];
}

/**
 * Reads recorded replies from JSON, `{"id"?, "replies": [...]}` or the list alone, or from JSON lines with
 * one reply each. Throws `invalid_input` naming `file` and the line or the reply that is wrong.
 */
export function parseReplayFile(text: string, file: string): ReplayFile {
  const content = text.replace(/^\uFEFF/, "").trim();
  const whole = tryJson(content);
  if (Array.isArray(whole)) return check(fileSchema, { replies: whole }, file);
  if (typeof whole === "object" && whole !== null && "replies" in whole) {
    return check(fileSchema, whole, file);
  }
  if (content.startsWith("[") || /^\{\s*"(id|replies)"/.test(content)) {
    throw invalid(file, jsonFault(content));
  }
  const replies: ReplayReply[] = [];
  for (const [index, line] of text
    .replace(/^\uFEFF/, "")
    .split("\n")
    .entries()) {
    if (line.trim() === "") continue;
    const where = `${file}, line ${index + 1},`;
    const value = tryJson(line);
    if (value === undefined) throw invalid(where, "is not JSON");
    replies.push(check(replySchema, value, where));
  }
  if (replies.length === 0) throw invalid(file, "holds no reply");
  return { replies };
}

/** Reads a file of recorded replies. Rejects with `file_not_found`, `permission_denied` or `invalid_input`. */
export async function loadReplay(path: string): Promise<ReplayFile> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw fileError(error, path, "recording");
  }
  return parseReplayFile(text, path);
}

function check<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  where: string,
): z.infer<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const [list, index, ...rest] = issue?.path ?? [];
  const place =
    list === "replies" && typeof index === "number"
      ? `in reply ${index + 1}${rest.length > 0 ? `, ${rest.join(".")}` : ""}`
      : (issue?.path.join(".") ?? "");
  throw invalid(
    where,
    `is not a recording: ${place === "" ? "" : `${place}: `}${issue?.message ?? ""}`,
  );
}

function invalid(where: string, what: string): CodeActError {
  return new CodeActError("invalid_input", `${where} ${what}.`, {
    hint: 'Write one JSON object per line, such as {"text": "The answer is 4."}.',
  });
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function jsonFault(text: string): string {
  try {
    JSON.parse(text);
    return "is not a recording";
  } catch (error) {
    const position = /position (\d+)/.exec(String(error))?.[1];
    const line = text.slice(0, Number(position ?? text.length)).split("\n").length;
    return `is not JSON at line ${line}`;
  }
}

function isPattern(source: string): boolean {
  try {
    return new RegExp(source) instanceof RegExp;
  } catch {
    return false;
  }
}
