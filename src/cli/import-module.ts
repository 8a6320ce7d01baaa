import { pathToFileURL } from "node:url";
import { CodeActError } from "../errors.ts";

/** Loads a user's module; `what` it is to hold, such as `tools`, is for messages. Rejects with `invalid_input`. */
export async function importModule(
  path: string,
  what: string,
): Promise<Readonly<Record<string, unknown>>> {
  try {
    return (await import(pathToFileURL(path).href)) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CodeActError("invalid_input", `The ${what} of ${path} could not be loaded: ${why}`, {
      hint: "It must be a JavaScript or TypeScript module that Node can import.",
      cause,
    });
  }
}
