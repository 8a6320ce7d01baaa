import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, lstat, rename, unlink } from "node:fs/promises";
import { CodeActError } from "../../errors.ts";
import { removeFolder } from "../remove-folder.ts";
import {
  below,
  notFound,
  openBelow,
  type Owner,
  splitPath,
  translate,
  withParent,
} from "./beneath.ts";
import { createDiskQuota, type DiskQuota, quotaExceeded } from "./disk-quota.ts";
import { listFolder, partPrefix } from "./list-folder.ts";
import type { FileData, SessionFiles } from "./session-files.ts";
import { watchFiles } from "./watch-files.ts";

const { O_CREAT, O_EXCL, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;
/** More than this is not read into memory at once. */
const maxReadBytes = 512 * 1024 ** 2;
const chunkBytes = 256 * 1024;

export interface WorkspaceFilesOptions {
  /** Who is to own the files that are written, when that is not this process's user. */
  readonly owner?: Owner;
  /** What files may take together, and one alone. Default: what the disk has. */
  readonly limits?: { readonly diskBytes: number; readonly fileBytes: number };
  /** Counts what files take. Default: one of its own. */
  readonly quota?: DiskQuota;
  /** Is told of each file or folder that the host has changed. */
  readonly onChange?: (path: string) => void;
}

/**
 * Gives access to the files below `root`, which code of a session may change at any moment: nothing that it does with
 * links leads out, and only regular files are read.
 */
export function createWorkspaceFiles(
  root: string,
  options: WorkspaceFilesOptions = {},
): Required<SessionFiles> {
  const { diskBytes = Infinity, fileBytes = Infinity } = options.limits ?? {};
  const { quota = createDiskQuota(root, diskBytes) } = options;
  const changed = (path: string): void => options.onChange?.(splitPath(path).join("/"));

  async function openRegular<T>(
    path: string,
    use: (file: FileHandle, sizeBytes: number) => Promise<T>,
  ): Promise<T> {
    return await withParent(root, path, undefined, async (parent, name) => {
      const file = await openBelow(parent, name, O_RDONLY | O_NONBLOCK, path);
      try {
        const status = await file.stat();
        if (!status.isFile()) throw notFound(path);
        return await use(file, status.size);
      } catch (error) {
        await file.close();
        throw error;
      }
    });
  }

  async function write(path: string, data: FileData): Promise<void> {
    const room = diskBytes === Infinity ? Infinity : await quota.room();
    const limit = Math.min(room, fileBytes);
    await withParent(root, path, options, async (parent, name) => {
      const temporary = `${partPrefix}${randomUUID()}`;
      const file = await openBelow(parent, temporary, O_WRONLY | O_CREAT | O_EXCL, path);
      try {
        let written = 0;
        for await (const chunk of data instanceof Uint8Array ? [data] : data) {
          written += chunk.length;
          if (written > limit) throw quotaExceeded(path, Math.min(diskBytes, fileBytes));
          await file.writeFile(chunk);
        }
        if (options.owner !== undefined) await file.chown(options.owner.uid, options.owner.gid);
        await rename(below(parent, temporary), below(parent, name));
        quota.add(written);
      } catch (error) {
        await unlink(below(parent, temporary)).catch(() => undefined);
        throw translate(error, path);
      } finally {
        await file.close();
      }
    });
  }

  async function move(from: string, to: string): Promise<void> {
    await withParent(root, from, undefined, async (source, sourceName) => {
      const status = await lstat(below(source, sourceName));
      if (!status.isFile() && !status.isDirectory()) throw notFound(from);
      await withParent(root, to, options, (target, targetName) =>
        rename(below(source, sourceName), below(target, targetName)),
      );
    });
  }

  async function remove(path: string): Promise<void> {
    await withParent(root, path, undefined, async (parent, name) => {
      const place = below(parent, name);
      if ((await lstat(place)).isDirectory()) await removeFolder(place);
      else await unlink(place);
    });
  }

  return {
    list: (listOptions) => listFolder(root, listOptions),

    read: (path) =>
      openRegular(path, async (file, sizeBytes) => {
        if (sizeBytes > maxReadBytes) throw tooLarge(path, sizeBytes);
        const data = await file.readFile();
        await file.close();
        return data;
      }),

    stream: (path) => openRegular(path, async (file) => streamOf(file)),

    async write(path, data) {
      await write(path, data);
      changed(path);
    },

    async rename(from, to) {
      await move(from, to);
      changed(from);
      changed(to);
    },

    async remove(path) {
      await remove(path);
      changed(path);
    },

    async unpack(archive, folder = "") {
      // Only those who unpack archives wait for their libraries.
      const { unpackArchive } = await import("./unpack-archive.ts");
      const unpacked = await unpackArchive(archive, folder, {
        ...{ write, rename: move, remove },
        maxArchiveBytes: Math.min(fileBytes, diskBytes),
      });
      for (const path of unpacked.files) changed(path);
      return unpacked;
    },

    watch: (watchOptions) => watchFiles(root, watchOptions),
  };
}

/** Reads the file piece by piece, as it is asked for, and closes it at the end. */
function streamOf(file: FileHandle): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { bytesRead, buffer } = await file.read(Buffer.allocUnsafeSlow(chunkBytes));
        if (bytesRead > 0) {
          controller.enqueue(buffer.subarray(0, bytesRead));
          return;
        }
        await file.close();
        controller.close();
      } catch (error) {
        await file.close().catch(() => undefined);
        throw error;
      }
    },
    cancel: () => file.close(),
  });
}

function tooLarge(path: string, sizeBytes: number): CodeActError {
  return new CodeActError(
    "invalid_input",
    `${path} has ${sizeBytes} bytes, too many to read at once.`,
    {
      hint: "Read it with files.stream.",
    },
  );
}
