import { z } from "zod";
import { CodeActError, isCodeActError } from "../errors.ts";
import type { Session } from "../execution/session.ts";
import type { JsonSchema } from "../tools/tool.ts";

/** What an answer must be. A refused answer goes back to the model with the reason. */
export interface AnswerRules<Value = unknown> {
  /**
   * What the answer holds, as a zod or JSON schema. The model answers with JSON, or calls `final_answer(value)` in
   * its code.
   */
  readonly schema?: z.ZodType<Value> | JsonSchema;
  /** Says whether the answer is right: true, or false or a sentence for the model. Called after the schema fits. */
  readonly check?: (
    answer: Value,
    context: AnswerContext,
  ) => boolean | string | Promise<boolean | string>;
  /** Refused answers before the run ends as `rejected`. Default: 3. */
  readonly maxRejections?: number;
}

/** What a check may look at beside the value. Without a schema the value is the text. */
export interface AnswerContext {
  readonly text: string;
  readonly session: Session;
  /** Fires when the run is aborted: that an answer is refused after it does not count. */
  readonly signal?: AbortSignal;
}

/** An answer as it came: words of the model, or data from its code. */
export type Candidate = { readonly text: string } | { readonly value: unknown };

/** An answer that is accepted, or the reason why it is not. */
export type Verdict =
  | { readonly accepted: true; readonly answer: string; readonly value?: unknown }
  | { readonly accepted: false; readonly answer: string; readonly reason: string };

export interface AnswerReader {
  /** What the model is told with the task; undefined when there is nothing to tell. */
  readonly instructions: string | undefined;
  readonly maxRejections: number;
  /** Rejects with a fault that says what the check has thrown. */
  read(candidate: Candidate, session: Session, signal?: AbortSignal): Promise<Verdict>;
}

/** Prepares rules for use. Throws `invalid_input` for a schema that can't be used. */
export function createAnswerReader(rules: AnswerRules = {}): AnswerReader {
  const { schema, check } = rules;
  const parsed = schema === undefined ? undefined : toZod(schema);

  return {
    instructions: schema === undefined ? undefined : instructions(describeSchema(schema)),
    maxRejections: rules.maxRejections ?? 3,
    async read(candidate, session, signal) {
      const answer = "text" in candidate ? candidate.text : textOf(candidate.value);
      const fit = parsed === undefined ? undefined : await fitSchema(candidate, parsed);
      if (fit?.reason !== undefined) return { accepted: false, answer, reason: fit.reason };
      const found =
        fit === undefined ? ("value" in candidate ? candidate.value : answer) : fit.value;
      const verdict = await checked(check, found, {
        text: answer,
        session,
        ...(signal && { signal }),
      });
      if (verdict !== true) {
        const why = verdict === false ? "it did not pass the check" : verdict;
        return {
          accepted: false,
          answer,
          reason: `Your answer was not accepted: ${why}${/[.!?]$/.test(why) ? "" : "."} Correct it and answer again.`,
        };
      }
      const hasValue = fit !== undefined || "value" in candidate;
      return { accepted: true, answer, ...(hasValue && { value: found }) };
    },
  };
}

async function checked(
  check: AnswerRules["check"],
  value: unknown,
  context: AnswerContext,
): Promise<boolean | string> {
  try {
    return (await check?.(value, context)) ?? true;
  } catch (cause) {
    if (isCodeActError(cause)) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CodeActError("unexpected", `The check of the answer has failed: ${why}`, {
      hint: "Return false or a sentence for a wrong answer; what a check throws ends the run.",
      cause,
    });
  }
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value, undefined, 1);
}

function isZod(schema: z.ZodType | JsonSchema): schema is z.ZodType {
  return "safeParse" in schema && typeof schema.safeParse === "function";
}

function toZod(schema: z.ZodType | JsonSchema): z.ZodType {
  if (isZod(schema)) return schema;
  try {
    return z.fromJSONSchema(schema);
  } catch (cause) {
    throw new CodeActError(
      "invalid_input",
      `The schema of the answer can't be used: ${cause instanceof Error ? cause.message : String(cause)}`,
      { hint: "Give a JSON schema, such as one with type, properties and required.", cause },
    );
  }
}

function describeSchema(schema: z.ZodType | JsonSchema): string {
  if (!isZod(schema)) return JSON.stringify(schema);
  const { $schema: _version, ...described } = z.toJSONSchema(schema, {
    io: "input",
    unrepresentable: "any",
  });
  return JSON.stringify(described);
}

function instructions(schema: string): string {
  return `Your final answer must be JSON that fits this JSON schema:
${schema}
Give it as your answer, alone or in a \`\`\`json block, without code to run. Or call final_answer(value) in your code with the data itself; the run ends with it.`;
}

/** Looks for data that fits the schema in what the model said. */
async function fitSchema(
  candidate: Candidate,
  schema: z.ZodType,
): Promise<{ readonly value?: unknown; readonly reason?: string }> {
  const found = "value" in candidate ? [candidate.value] : jsonIn(candidate.text);
  let problem: z.ZodError | undefined;
  for (const value of found) {
    const result = await schema.safeParseAsync(value);
    if (result.success) return { value: result.data };
    problem ??= result.error;
  }
  if ("text" in candidate) {
    const plain = await schema.safeParseAsync(candidate.text.trim());
    if (plain.success) return { value: plain.data };
  }
  const what =
    problem === undefined
      ? "it holds no JSON"
      : `it does not fit the schema:\n${z.prettifyError(problem)}`;
  return {
    reason: `Your answer was not accepted: ${what}\nAnswer again with JSON that fits the schema, or call final_answer(value) in your code.`,
  };
}

/** All JSON in a text: the whole of it, its blocks, and what stands between its outer brackets. */
function jsonIn(text: string): readonly unknown[] {
  const blocks = [...text.matchAll(/```[^\n`]*\n([^]*?)```/g)].map((match) => match[1] ?? "");
  const between = (["{}", "[]"] as const).map(([open, close]) =>
    text.slice(text.indexOf(open!), text.lastIndexOf(close!) + 1),
  );
  return [text, ...blocks.toReversed(), ...between].flatMap((piece) => {
    try {
      return [JSON.parse(piece.trim()) as unknown];
    } catch {
      return [];
    }
  });
}
