import type { Command } from "commander";
import type { AnswerRules } from "../agent/answer-rules.ts";
import { CodeActError } from "../errors.ts";
import { runCheck } from "../agent/run-check.ts";
import type { CliContext } from "./cli-context.ts";
import { readInputFile } from "./workspace-files.ts";

/** The options that say what an answer must be. */
export interface AnswerOptions {
  readonly answerSchema?: string;
  readonly check?: string;
}

/** Adds the options of `AnswerOptions` to a command. */
export function addAnswerOptions(command: Command): Command {
  return command
    .option("--answer-schema <file>", "JSON schema that the answer must fit")
    .option(
      "--check <code>",
      "Python that passes when the answer is right (`answer` is the answer), or !command",
    );
}

/** What the answer must be. Throws `invalid_input` for a schema that is no JSON object. */
export function answerRulesOf(options: AnswerOptions, context: CliContext): AnswerRules {
  const { answerSchema, check } = options;
  return {
    ...(answerSchema !== undefined && { schema: readSchema(answerSchema, context.cwd) }),
    ...(check !== undefined && {
      check: async (value, { text, session, signal }) =>
        (await runCheck(session, check, { answer: text, value }, signal)) ||
        `it fails this check: ${check}`,
    }),
  };
}

function readSchema(path: string, cwd: string): Readonly<Record<string, unknown>> {
  const text = Buffer.from(readInputFile(path, cwd).data).toString("utf8");
  try {
    const schema = JSON.parse(text) as unknown;
    if (typeof schema === "object" && schema !== null && !Array.isArray(schema)) {
      return { ...schema };
    }
  } catch {
    // Said below.
  }
  throw new CodeActError("invalid_input", `${path} is not a JSON schema.`, {
    hint: 'Write a JSON object, such as {"type": "object", "properties": {"total": {"type": "number"}}}.',
  });
}
