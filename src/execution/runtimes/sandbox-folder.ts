import { chownSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeFolder } from "../remove-folder.ts";

/** Uid and gid under which sandboxes run when this process is root; no account of the machine. */
export const unprivilegedId = 64_000;

/** Uid and gid that code sees itself as. */
export const insideId = 1000;

/** The host's side of a sandbox runtime: the zygote's socket, the workspaces, a few files of /etc. */
export interface SandboxFolder {
  readonly path: string;
  /** The user whose rights the sandbox has on the host: never root. */
  readonly owner: { readonly uid: number; readonly gid: number };
  readonly socketPath: string;
  readonly etcPath: string;
  /** Creates an empty folder on which the command that gives up root can show a source. */
  createStage(index: number): string;
  createWorkspace(sessionId: string): string;
  removeWorkspace(sessionId: string): Promise<void>;
  remove(): Promise<void>;
}

/** Creates the folder below `parent`, readable for its owner only. */
export function createSandboxFolder(parent: string = tmpdir()): SandboxFolder {
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  const owner = uid === 0 ? { uid: unprivilegedId, gid: unprivilegedId } : { uid, gid };
  const path = mkdtempSync(join(parent, `codeact-${process.pid}-`));
  const makeFolder = (...names: string[]): string => {
    const folder = join(path, ...names);
    mkdirSync(folder, { mode: 0o700 });
    if (uid === 0) chownSync(folder, owner.uid, owner.gid);
    return folder;
  };
  if (uid === 0) chownSync(path, owner.uid, owner.gid);
  const sessions = makeFolder("sessions");
  const etcPath = makeFolder("etc");
  makeFolder("stage");
  writeEtc(etcPath);

  return {
    path,
    owner,
    socketPath: join(path, "zygote.sock"),
    etcPath,
    createStage: (index) => makeFolder("stage", `${index}`),
    createWorkspace: (sessionId) => makeFolder("sessions", sessionId),
    removeWorkspace: (sessionId) => removeFolder(join(sessions, sessionId)),
    remove: () => removeFolder(path),
  };
}

function writeEtc(folder: string): void {
  const files = {
    passwd: `codeact:x:${insideId}:${insideId}::/home/codeact:/bin/sh\n`,
    group: `codeact:x:${insideId}:\n`,
    hosts: "127.0.0.1 localhost codeact\n::1 localhost\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
  };
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, name), text, { mode: 0o644 });
  }
}
