import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { copyTree } from "./copy-tree.ts";
import { clearFolder, removeFolder } from "./remove-folder.ts";
import { createDiskQuota } from "./files/disk-quota.ts";
import { createFileTracker } from "./files/file-tracker.ts";
import type { FileChange, SessionFiles } from "./files/session-files.ts";
import { createWorkspaceFiles, type WorkspaceFilesOptions } from "./files/workspace-files.ts";

/** A session's folder on the host, and copies of it as it was. */
export interface Workspace {
  readonly files: SessionFiles;
  /** What code has changed since the last call, and since the files were filled in or put back. */
  takeChanges(): readonly FileChange[];
  /** Keeps a copy of all files under a number. */
  save(snapshot: number): Promise<void>;
  /** Puts the files back as they were. Nothing of the session may be running. */
  load(snapshot: number): Promise<void>;
  forget(snapshot: number): Promise<void>;
  /** Copies the files, as they are or as they were, into another workspace's empty folder. */
  copyInto(folder: string, snapshot?: number): Promise<void>;
  /** Removes the folder and its copies. */
  remove(): Promise<void>;
}

/** Manages the workspace in the existing folder `path`; copies lie beside it. */
export function createWorkspace(
  path: string,
  options: Pick<WorkspaceFilesOptions, "owner" | "limits"> = {},
): Workspace {
  const snapshots = `${path}.snapshots`;
  const folderOf = (snapshot: number): string => join(snapshots, `${snapshot}`);
  const tracker = createFileTracker(path);
  const quota = createDiskQuota(path, options.limits?.diskBytes ?? Infinity);
  let newest: { readonly snapshot: number; readonly takenMs: number } | undefined;

  return {
    files: createWorkspaceFiles(path, { ...options, quota, onChange: tracker.note }),
    takeChanges() {
      quota.recount();
      return tracker.takeChanges();
    },
    async save(snapshot) {
      const folder = folderOf(snapshot);
      await mkdir(folder, { recursive: true });
      const takenMs = Date.now();
      const earlier = newest && { path: folderOf(newest.snapshot), takenMs: newest.takenMs };
      await copyTree(path, folder, earlier === undefined ? {} : { earlier });
      newest = { snapshot, takenMs };
    },
    async load(snapshot) {
      await clearFolder(path);
      await copyTree(folderOf(snapshot), path, options);
      tracker.startOver();
    },
    async forget(snapshot) {
      await removeFolder(folderOf(snapshot));
      if (newest?.snapshot === snapshot) newest = undefined;
    },
    async copyInto(folder, snapshot) {
      await copyTree(snapshot === undefined ? path : folderOf(snapshot), folder, options);
    },
    async remove() {
      await Promise.all([removeFolder(path), removeFolder(snapshots)]);
    },
  };
}
