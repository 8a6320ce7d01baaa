import { CodeActError } from "../errors.ts";

/** Loads a package by its name. */
export type ImportPackage = (name: string) => Promise<unknown>;

export interface OptionalPackage {
  readonly name: string;
  /** What it is needed for, as the subject of a sentence, such as `anthropic/claude-sonnet-4-5`. */
  readonly need: string;
  readonly importPackage?: ImportPackage | undefined;
}

/** Loads a package that users install only when they want it. Rejects with `model_not_configured` without it. */
export async function importOptional(wanted: OptionalPackage): Promise<unknown> {
  const { name, need, importPackage = (name: string) => import(name) as Promise<unknown> } = wanted;
  try {
    return await importPackage(name);
  } catch (cause) {
    const isMissing =
      cause instanceof Error &&
      "code" in cause &&
      cause.code === "ERR_MODULE_NOT_FOUND" &&
      cause.message.includes(`'${name}'`);
    throw isMissing
      ? new CodeActError(
          "model_not_configured",
          `${need} needs the package ${name}, which is not installed.`,
          { hint: `Run \`npm install ${name}\`, with -g if codeact was installed with it.`, cause },
        )
      : new CodeActError("model_not_configured", `The package ${name} cannot be loaded.`, {
          hint: `Install it anew: \`npm install ${name}\`.`,
          cause,
        });
  }
}
