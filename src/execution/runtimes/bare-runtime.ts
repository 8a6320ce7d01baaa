import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Duplex } from "node:stream";
import { CodeActError } from "../../errors.ts";
import { kernelArguments, kernelEnvironment, kernelFolder } from "../kernel-process.ts";
import { openSession } from "../open-session.ts";
import { removeFolder } from "../remove-folder.ts";
import { completeLimits } from "../complete-limits.ts";
import type { Runtime, SessionLimits } from "../runtime.ts";
import type { Session } from "../session.ts";
import { createSessionIds } from "./session-ids.ts";
import { createWorkspace } from "../workspace.ts";

export interface BareRuntimeOptions {
  /** The Python to run. Default: `python3` on the PATH. */
  readonly python?: string;
  /** Whether a cell that kills its interpreter falls back to the state before it. Default: true. */
  readonly transactions?: boolean;
}

/**
 * Creates a runtime without any isolation: code runs with the rights of this process's user.
 * For code that is trusted, and for comparison. It never stands in for another runtime.
 */
export function createBareRuntime(options: BareRuntimeOptions = {}): Runtime {
  const python = options.python ?? "python3";
  const transactions = options.transactions ?? true;
  const sessions = new Map<string, Session>();
  const ids = createSessionIds();
  let made: Promise<string> | undefined;
  let closing: Promise<void> | undefined;
  const root = (): Promise<string> => (made ??= mkdtemp(join(tmpdir(), "codeact-bare-")));

  /** Opens a session in a new folder; `reach` makes the connection to its kernel. */
  async function openAt(
    id: string,
    given: Given,
    reach: (workspaceFolder: string) => Promise<Duplex>,
  ): Promise<Session> {
    if (closing !== undefined) {
      throw new CodeActError("session_closed", "The bare runtime is closed.");
    }
    const { signal: _opening, ...lasting } = given;
    ids.take(id);
    const path = join(await root(), id);
    const workspace = createWorkspace(path, { limits: given.limits });
    const clean = (): Promise<void> => workspace.remove().finally(() => ids.release(id));
    let wire: Duplex;
    try {
      await mkdir(path);
      wire = await reach(path);
    } catch (error) {
      await clean();
      throw error;
    }
    const session = await openSession(wire, {
      id,
      ...given,
      transactions,
      workspace,
      openFork: (forkId = randomUUID(), fill, split) =>
        openAt(forkId, lasting, async (forkFolder) => {
          await Promise.all([fill(forkFolder), split(forkId)]);
          const socket = connect(join(await root(), `${forkId}.sock`));
          await once(socket, "connect");
          return socket;
        }),
      async onClosed() {
        await clean();
        sessions.delete(id);
      },
    });
    sessions.set(id, session);
    return session;
  }

  async function close(): Promise<void> {
    await Promise.all([...sessions.values()].map((session) => session.close()));
    if (made !== undefined) await removeFolder(await made);
  }

  const closeOnce = (): Promise<void> => (closing ??= close());
  return {
    name: "bare",
    capabilities: { isolation: "none", transactions },
    async open(openOptions = {}) {
      const { network, seed, signal } = openOptions;
      if (network !== undefined) throw noNetworkRules();
      signal?.throwIfAborted();
      return await openAt(
        openOptions.id ?? randomUUID(),
        {
          limits: completeLimits(openOptions.limits),
          ...(seed !== undefined && { seed }),
          ...(signal && { signal }),
        },
        (folder) => startKernel(python, folder),
      );
    },
    close: closeOnce,
    [Symbol.asyncDispose]: closeOnce,
  };
}

/** What a session is opened with. */
interface Given {
  readonly limits: SessionLimits;
  readonly seed?: number;
  /** Gives up while it opens. */
  readonly signal?: AbortSignal;
}

function noNetworkRules(): CodeActError {
  return new CodeActError(
    "not_supported",
    "The bare runtime cannot limit the network: its code reaches whatever this machine reaches.",
    { hint: "Use the sandbox runtime, or leave the network option out." },
  );
}

/** Starts a kernel that works in `folder` and returns the wire to it. Rejects with `python_not_found`. */
async function startKernel(python: string, folder: string): Promise<Duplex> {
  const kernel = spawn(python, [...kernelArguments(kernelFolder), "serve", "--fd", "3"], {
    cwd: folder,
    env: { ...process.env, ...kernelEnvironment },
    stdio: ["ignore", "ignore", "ignore", "pipe"],
    detached: true,
  });
  try {
    await once(kernel, "spawn");
  } catch (cause) {
    throw new CodeActError("python_not_found", `The Python ${python} could not be started.`, {
      hint: "Install Python 3.9 or newer, or name one with --python.",
      cause,
    });
  }
  const wire = kernel.stdio[3];
  if (!(wire instanceof Duplex)) throw new TypeError("descriptor 3 of the kernel is no socket");
  return wire;
}
