import { restoreVariables, saveVariables } from "../../agent/saved-variables.ts";
import type { RestoredVariables } from "../../agent/saved-variables.ts";
import { isCodeActError } from "../../errors.ts";
import type { SessionFile } from "../../execution/files/session-files.ts";
import type { Session } from "../../execution/session.ts";
import type { ConversationFile } from "./conversation-file.ts";
import type { Snapshot } from "./conversation-state.ts";

/** Larger files are not kept beyond the session. */
const maxFileBytes = 512 * 1024 ** 2;

/** Takes snapshots of one session; a file that did not change since the last one is not read again. */
export interface Snapshots {
  /** Keeps files, and variables when `withVariables` is set; otherwise the variables are those of `last`. */
  take(withVariables: boolean, last: Snapshot | undefined): Promise<Snapshot>;
}

/** Takes snapshots of a session into a conversation's file. What can't be kept is told to `onNotice` once. */
export function createSnapshots(
  session: Session,
  file: ConversationFile,
  onNotice: (notice: string) => void,
): Snapshots {
  const known = new Map<string, { readonly stamp: string; readonly blob: string }>();
  const told = new Set<string>();

  function tell(notice: string): void {
    if (!told.has(notice)) onNotice(notice);
    told.add(notice);
  }

  async function keepFile({ path, sizeBytes, modifiedMs }: SessionFile): Promise<string> {
    const stamp = `${sizeBytes} ${modifiedMs}`;
    const earlier = known.get(path);
    if (earlier?.stamp === stamp && file.find(earlier.blob) !== undefined) return earlier.blob;
    const data = (await session.files?.read(path)) ?? new Uint8Array();
    const blob = file.keep(data);
    known.set(path, { stamp, blob });
    return blob;
  }

  async function keepFiles(): Promise<Snapshot["files"]> {
    const kept: Snapshot["files"] = [];
    for (const each of (await session.files?.list()) ?? []) {
      if (each.path.split("/").includes("__pycache__")) continue;
      if (each.sizeBytes > maxFileBytes) {
        tell(`${each.path} is too large to be kept with the conversation.`);
        continue;
      }
      kept.push({ path: each.path, sizeBytes: each.sizeBytes, blob: await keepFile(each) });
    }
    return kept;
  }

  async function keepVariables(): Promise<string | undefined> {
    try {
      return file.keep((await saveVariables(session)).data);
    } catch (error) {
      if (!isCodeActError(error, "not_supported")) throw error;
      tell(error.message);
      return undefined;
    }
  }

  return {
    async take(withVariables, last) {
      const variables = withVariables ? await keepVariables() : last?.variables;
      const files = await keepFiles();
      return { files, ...(variables !== undefined && { variables }) };
    },
  };
}

/** What came back of a snapshot in a fresh session. */
export interface RestoredSnapshot {
  /** Missing when there were no variables, or none that could be read. */
  readonly variables?: RestoredVariables;
  /** Files that are kept no longer. */
  readonly missingFiles: readonly string[];
  /** Whether there were variables that can't be brought back. */
  readonly lostVariables: boolean;
}

/** Puts the files and variables of a snapshot into a fresh session. */
export async function restoreSnapshot(
  session: Session,
  file: ConversationFile,
  snapshot: Snapshot | undefined,
): Promise<RestoredSnapshot> {
  const missingFiles: string[] = [];
  for (const { path, blob } of snapshot?.files ?? []) {
    const data = file.find(blob);
    if (data === undefined) missingFiles.push(path);
    else await session.files?.write(path, data);
  }
  if (snapshot?.variables === undefined) return { missingFiles, lostVariables: false };
  const data = file.find(snapshot.variables);
  if (data === undefined) return { missingFiles, lostVariables: true };
  try {
    return {
      variables: await restoreVariables(session, data),
      missingFiles,
      lostVariables: false,
    };
  } catch (error) {
    if (!isCodeActError(error, "not_supported")) throw error;
    return { missingFiles, lostVariables: true };
  }
}
