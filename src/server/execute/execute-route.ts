import { z } from "zod";
import { CodeActError } from "../../errors.ts";
import type { Outcome } from "../../execution/outcome.ts";
import { observe, statusNote } from "../../formats/observation.ts";
import { noOutputNotice } from "../../formats/render.ts";
import type { NamedSessions } from "./named-sessions.ts";

/** Wall time of one piece of code. */
const timeoutMs = 60_000;

const requestSchema = z.looseObject({ convid: z.string().min(1).max(200), code: z.string() });

/** What `POST /execute` answers. */
export interface Executed {
  readonly result: string;
  readonly new_kernel_created: boolean;
}

/**
 * Runs code in the interpreter of a conversation, as the execution API of the original CodeAct chat does
 * (https://github.com/xingyaoww/code-act): texts as they are, pictures as Markdown with data URLs.
 * Rejects with `invalid_input` for a body that can't be used.
 */
export async function respondToExecute(
  body: unknown,
  owner: string,
  sessions: NamedSessions,
  signal: AbortSignal,
): Promise<Executed> {
  const read = requestSchema.safeParse(body);
  if (!read.success) {
    throw new CodeActError("invalid_input", "The request needs convid and code, both texts.");
  }
  const { convid, code } = read.data;
  return await sessions.use(owner, convid, async (session, isNew) => ({
    result: resultOf(await session.execute(code, { timeoutMs, signal })),
    new_kernel_created: isNew,
  }));
}

function resultOf(outcome: Outcome): string {
  const parts = observe(outcome).map((part) =>
    part.type === "text" ? part.text : `![image](data:${part.mediaType};base64,${part.data})`,
  );
  const note =
    outcome.status === "timeout"
      ? `[Execution timed out (${timeoutMs / 1000} seconds).]`
      : statusNote(outcome);
  if (note !== undefined) parts.push(note);
  const text = parts.reduce(
    (joined, part) => `${joined}${joined === "" || joined.endsWith("\n") ? "" : "\n"}${part}`,
    "",
  );
  return text.trim() === "" ? noOutputNotice : text;
}
