import { constants } from "node:fs";
import { type FileHandle, lstat, opendir } from "node:fs/promises";
import { isCodeActError } from "../../errors.ts";
import { below, errorCode, openBelow, openFolder, withParent } from "./beneath.ts";
import type { ListOptions, SessionFile } from "./session-files.ts";

/** Where a session's own packages lie; also named in python/codeact_kernel/packages.py. */
export const packagesFolder = ".packages";
/** What the host itself writes has such a name until it is complete. */
export const partPrefix = ".codeact-part-";
const maxListedFiles = 10_000;
/** Deeper files are not listed: each level holds a descriptor, and a guest may nest without end. */
const maxListedDepth = 64;

/** Lists regular files below `root`, which code of a session may change at any moment. Follows no link. */
export async function listFolder(
  root: string,
  { folder: start, maxFiles = maxListedFiles }: ListOptions = {},
): Promise<readonly SessionFile[]> {
  const found: SessionFile[] = [];
  const most = Math.min(maxFiles, maxListedFiles);
  if (start === undefined) {
    const folder = await openFolder(root);
    try {
      await listInto(found, folder, "", most, 1);
    } finally {
      await folder.close();
    }
  } else {
    await withParent(root, start, undefined, async (parent, name) => {
      const folder = await openBelow(parent, name, constants.O_DIRECTORY, start);
      const prefix = `${start.replace(/^\/workspace\//, "").replace(/\/+$/, "")}/`;
      try {
        await listInto(found, folder, prefix, most, prefix.split("/").length);
      } finally {
        await folder.close();
      }
    });
  }
  return found.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

async function listInto(
  found: SessionFile[],
  folder: FileHandle,
  prefix: string,
  maxFiles: number,
  depth: number,
): Promise<void> {
  for await (const entry of await opendir(below(folder, "."), { bufferSize: 512 })) {
    if (found.length >= maxFiles) return;
    const path = `${prefix}${entry.name}`;
    if (entry.name.startsWith(partPrefix)) continue;
    if (entry.isDirectory()) {
      if (depth === maxListedDepth || path === packagesFolder) continue;
      try {
        const inner = await openBelow(folder, entry.name, constants.O_DIRECTORY, path);
        try {
          await listInto(found, inner, `${path}/`, maxFiles, depth + 1);
        } finally {
          await inner.close();
        }
      } catch (error) {
        if (!isCodeActError(error)) throw error; // gone, or swapped for something else, since it was listed
      }
    } else if (entry.isFile()) {
      const status = await lstat(below(folder, entry.name)).catch((error: unknown) => {
        if (errorCode(error) === "ENOENT" || errorCode(error) === "ENAMETOOLONG") return undefined;
        throw error;
      });
      if (status?.isFile() === true) {
        found.push({ path, sizeBytes: status.size, modifiedMs: status.mtimeMs });
      }
    }
  }
}
