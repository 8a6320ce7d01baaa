import { z } from "zod";
import { CodeActError } from "../errors.ts";
import type { Session } from "../execution/session.ts";

/** The variables of a session, kept as bytes that only a session can read. */
export interface SavedVariables {
  /** Never to be unpickled on the host: the session's code decides what lies in it. */
  readonly data: Uint8Array;
  readonly saved: readonly string[];
  readonly skipped: readonly MissingVariable[];
}

/** A variable that could not be saved or brought back. */
export interface MissingVariable {
  readonly name: string;
  readonly reason: string;
}

/** What came back in another session. */
export interface RestoredVariables {
  readonly modules: readonly string[];
  /** Functions and classes, defined again from their source. */
  readonly definitions: readonly string[];
  readonly values: readonly string[];
  readonly missing: readonly MissingVariable[];
}

/** Lies in the workspace only while bytes cross the border. */
const fileName = ".codeact-variables";
const timeoutMs = 30_000;

const names = z.array(z.string()).max(1000);
const missing = z.array(z.object({ name: z.string(), reason: z.string() })).max(1000);
const savedSchema = z.object({ saved: names, skipped: missing });
const restoredSchema = z.object({ modules: names, definitions: names, values: names, missing });

/**
 * Saves the variables of a session: values by pickle, inside the session; modules by name; functions and classes of
 * cells by source. What can't be saved is skipped with the reason. Rejects with `not_supported` when nothing can be.
 */
export async function saveVariables(session: Session): Promise<SavedVariables> {
  const report = savedSchema.parse(await run(session, "save"));
  const data = (await session.files?.read(fileName)) ?? new Uint8Array();
  await run(session, "remove");
  return { ...report, data };
}

/** Brings saved variables back in a fresh session. Rejects with `not_supported` when they can't be read at all. */
export async function restoreVariables(
  session: Session,
  data: Uint8Array,
): Promise<RestoredVariables> {
  await session.files?.write(fileName, data);
  return restoredSchema.parse(await run(session, "restore"));
}

/** Tells the model what its fresh interpreter has of the earlier one. */
export function describeRestored(restored: RestoredVariables): string {
  const { modules, definitions, values } = restored;
  const lines = [
    "The Python interpreter was replaced by a fresh one; the files are as they were.",
    list("Variables that are back", values),
    list("Modules imported again", modules),
    list("Functions and classes defined again", definitions),
    restored.missing.length === 0
      ? "Nothing else was defined."
      : `Not back: ${restored.missing
          .map(({ name, reason }) => `${name} (${reason})`)
          .join("; ")}. Make these again if you need them.`,
  ];
  return lines.filter((line) => line !== undefined).join("\n");
}

function list(label: string, names: readonly string[]): string | undefined {
  return names.length === 0 ? undefined : `${label}: ${names.join(", ")}.`;
}

async function run(session: Session, action: "save" | "restore" | "remove"): Promise<unknown> {
  if (session.files === undefined) throw notSupported("it has no files");
  const module = `__import__("codeact_kernel.saved_variables", fromlist=["report"])`;
  const outcome = await session.execute(`${module}.report("${action}", "${fileName}")`, {
    silent: true,
    timeoutMs,
  });
  const text = outcome.outputs
    .map((output) => (output.type === "stream" && output.name === "stdout" ? output.text : ""))
    .join("");
  if (outcome.status !== "ok") throw notSupported(outcome.error?.message ?? outcome.status);
  try {
    return JSON.parse(text.trim().split("\n").at(-1) ?? "");
  } catch {
    throw notSupported("its report can't be read");
  }
}

function notSupported(reason: string): CodeActError {
  return new CodeActError(
    "not_supported",
    `The variables of the session can't be saved: ${reason}.`,
    { hint: "Write what is needed to a file." },
  );
}
