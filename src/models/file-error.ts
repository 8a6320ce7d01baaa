import { CodeActError } from "../errors.ts";

/** Turns the failure to open a file into one clear sentence; `what` names the kind of file. */
export function fileError(error: unknown, path: string, what: string): CodeActError {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT" || code === "ENOTDIR") {
    return new CodeActError("file_not_found", `There is no ${what} ${path}.`, {
      hint: "Check the path.",
      cause: error,
    });
  }
  if (code === "EISDIR") {
    return new CodeActError("invalid_input", `The ${what} ${path} is a folder, not a file.`, {
      hint: "Name a file.",
      cause: error,
    });
  }
  const denied = code === "EACCES" || code === "EPERM" || code === "EROFS";
  return new CodeActError(
    denied ? "permission_denied" : "invalid_input",
    `The ${what} ${path} cannot be opened${denied ? ": permission is denied" : ""}.`,
    { hint: "Check the rights of the file and its folder.", cause: error },
  );
}
