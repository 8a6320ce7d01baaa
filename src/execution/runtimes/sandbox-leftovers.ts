import { once } from "node:events";
import { lstat, readdir } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { removeFolder } from "../remove-folder.ts";
import { unprivilegedId } from "./sandbox-folder.ts";

const folderPattern = /^codeact-(\d+)-[A-Za-z0-9]{6}$/;
/** A folder without a socket may belong to a server that is just starting, in another container perhaps. */
const startingMs = 10 * 60_000;

/**
 * Removes from `parent` the folders of sandbox runtimes whose server was killed before it could. Touches only
 * folders of this user, and only when neither the server nor its zygote is there any more. Never rejects.
 */
export async function removeLeftovers(parent: string): Promise<void> {
  const names = await readdir(parent).catch(() => []);
  for (const name of names) {
    const pid = folderPattern.exec(name)?.[1];
    if (pid === undefined || isRunning(Number(pid))) continue;
    const path = join(parent, name);
    if (await isAbandoned(path)) await removeFolder(path).catch(() => undefined);
  }
}

async function isAbandoned(path: string): Promise<boolean> {
  try {
    const folder = await lstat(path);
    const own = process.getuid?.() ?? 0;
    const isOwn = folder.uid === own || (own === 0 && folder.uid === unprivilegedId);
    if (!folder.isDirectory() || !isOwn) return false;
    const answer = await connectionFault(join(path, "zygote.sock"));
    if (answer === "ENOENT") return Date.now() - folder.mtimeMs > startingMs;
    return answer === "ECONNREFUSED";
  } catch {
    return false; // gone meanwhile, or not ours to look at
  }
}

async function connectionFault(socketPath: string): Promise<string | undefined> {
  const socket = connect(socketPath);
  try {
    await once(socket, "connect");
    return undefined;
  } catch (error) {
    return error instanceof Error && "code" in error ? String(error.code) : "unknown";
  } finally {
    socket.destroy();
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
