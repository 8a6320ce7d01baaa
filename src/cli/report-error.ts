import { CodeActError, isCodeActError } from "../errors.ts";
import type { CliContext } from "./cli-context.ts";

/** Prints a fault as one sentence and a hint on stderr, and returns the command's exit code. */
export function reportError(error: unknown, { stderr, env }: CliContext): number {
  const fault = toFault(error);
  stderr.write(`codeact: ${fault.message}\n`);
  if (fault.hint !== undefined) stderr.write(`  ${fault.hint}\n`);
  if (env["CODEACT_DEBUG"] === "1") {
    stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    stderr.write(`${JSON.stringify(fault.details, undefined, 2)}\n`);
  }
  return fault.exitCode;
}

/** A fault as plain data, for JSON output. */
export function plainError(error: CodeActError): Record<string, unknown> {
  return {
    code: error.code,
    message: error.message,
    ...(error.hint !== undefined && { hint: error.hint }),
    retryable: error.retryable,
  };
}

function toFault(error: unknown): CodeActError {
  if (isCodeActError(error)) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "EACCES" || code === "EPERM" || code === "EROFS" || code === "ENOSPC") {
    return new CodeActError("permission_denied", `A file can't be written: ${message}`, {
      hint: "Check the folder's permissions and the free space of its disk.",
    });
  }
  return new CodeActError(
    "unexpected",
    `Something unexpected went wrong: ${message ?? String(error)}`,
    {
      hint: "Run it again with CODEACT_DEBUG=1 to see where, and please report it.",
      cause: error,
    },
  );
}
