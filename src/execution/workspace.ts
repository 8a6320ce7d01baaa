import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { copyTree } from "./copy-tree.ts";
import { clearFolder, removeFolder } from "./remove-folder.ts";
import type { SessionFiles } from "./session.ts";
import { createWorkspaceFiles, type WorkspaceFilesOptions } from "./workspace-files.ts";

/** A session's folder on the host, and copies of it as it was. */
export interface Workspace {
  readonly files: SessionFiles;
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
export function createWorkspace(path: string, options: WorkspaceFilesOptions = {}): Workspace {
  const snapshots = `${path}.snapshots`;
  const folderOf = (snapshot: number): string => join(snapshots, `${snapshot}`);
  let newest: { readonly snapshot: number; readonly takenMs: number } | undefined;

  return {
    files: createWorkspaceFiles(path, options),
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
