import { randomUUID } from "node:crypto";
import { connect } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { CodeActError } from "../../errors.ts";
import { findPython } from "../find-python.ts";
import { openSessionNetwork, type SessionNetwork } from "../network/session-network.ts";
import { openSession } from "../open-session.ts";
import { completeLimits } from "../complete-limits.ts";
import type { OpenOptions, Runtime, SessionLimits } from "../runtime.ts";
import type { Session } from "../session.ts";
import { createWorkspace } from "../workspace.ts";
import { createSandboxFolder } from "./sandbox-folder.ts";
import { createSessionIds } from "./session-ids.ts";
import { startZygote, type Zygote } from "./zygote-process.ts";

export interface SandboxRuntimeOptions {
  /** The Python to run. Default: what `findPython` finds. */
  readonly python?: string;
  /** Modules imported once, before the first session. Default: numpy, pandas, matplotlib.pyplot. */
  readonly preload?: readonly string[];
  /** Whether a cell that kills its interpreter falls back to the state before it. Default: true. */
  readonly transactions?: boolean;
  /** Limits of sessions that set none of their own. */
  readonly limits?: OpenOptions["limits"];
}

/** A sandbox runtime and what it runs. */
export interface SandboxRuntime extends Runtime {
  readonly pythonVersion: string;
  /** Versions of the packages that sessions find imported already. */
  readonly preloaded: Readonly<Record<string, string>>;
}

/** What a session is opened with. */
interface Given {
  readonly limits: SessionLimits;
  readonly seed?: number;
  readonly network?: SessionNetwork;
  /** Gives up while it opens. */
  readonly signal?: AbortSignal;
}

export const defaultPreload: readonly string[] = ["numpy", "pandas", "matplotlib.pyplot"];

/**
 * Starts the Linux sandbox and resolves when sessions can be opened. Rejects with `sandbox_unavailable` where
 * the machine can't give the isolation, and never falls back to less.
 */
export async function createSandboxRuntime(
  options: SandboxRuntimeOptions = {},
): Promise<SandboxRuntime> {
  const python = await findPython(options.python === undefined ? {} : { python: options.python });
  const transactions = options.transactions ?? true;
  const folder = createSandboxFolder();
  let zygote: Zygote;
  try {
    zygote = await startZygote({ python, folder, preload: options.preload ?? defaultPreload });
  } catch (error) {
    await folder.remove();
    throw error;
  }
  const sessions = new Map<string, Session>();
  const ids = createSessionIds();
  let closing: Promise<void> | undefined;

  let networks = 0;

  async function open(openOptions: OpenOptions = {}): Promise<Session> {
    const { seed, signal } = openOptions;
    signal?.throwIfAborted();
    const limits = completeLimits(options.limits, openOptions.limits);
    const id = openOptions.id ?? randomUUID();
    const given = { limits, ...(seed !== undefined && { seed }), ...(signal && { signal }) };
    if (openOptions.network === undefined) {
      return await openAt(id, folder.socketPath, given, async () => {});
    }
    networks += 1;
    const network = await openSessionNetwork(openOptions.network, {
      ...{ folder: folder.path, owner: folder.owner, name: `network-${networks}` },
    });
    return await openAt(id, folder.socketPath, { ...given, network }, async () => {});
  }

  /** Opens a session that `prepare` has given its workspace's files and that answers at `socketPath`. */
  async function openAt(
    id: string,
    socketPath: string,
    given: Given,
    prepare: (workspaceFolder: string) => Promise<void>,
  ): Promise<Session> {
    try {
      return await openIn(id, socketPath, given, prepare);
    } catch (error) {
      given.network?.release();
      throw error;
    }
  }

  async function openIn(
    id: string,
    socketPath: string,
    given: Given,
    prepare: (workspaceFolder: string) => Promise<void>,
  ): Promise<Session> {
    const { signal, ...lasting } = given;
    const { limits, network } = lasting;
    if (closing !== undefined) {
      throw new CodeActError("session_closed", "The sandbox runtime is closed.");
    }
    ids.take(id);
    const path = folder.createWorkspace(id);
    const workspace = createWorkspace(path, { owner: folder.owner, limits });
    let cleaning: Promise<void> | undefined;
    // Once: then the id may belong to another session.
    const clean = (): Promise<void> =>
      (cleaning ??= workspace.remove().finally(() => ids.release(id)));
    try {
      await prepare(path);
      const socket = connect(socketPath);
      await once(socket, "connect");
      const session = await openSession(socket, {
        id,
        ...given,
        transactions,
        workspace,
        openFork: (forkId = randomUUID(), fill, split) =>
          openAt(
            forkId,
            join(folder.path, `${forkId}.sock`),
            { ...lasting, ...(network && { network: network.share() }) },
            async (forkFolder) => {
              await Promise.all([fill(forkFolder), split(forkId)]);
            },
          ),
        async onClosed() {
          network?.release();
          await clean();
          sessions.delete(id);
        },
      });
      sessions.set(id, session);
      return session;
    } catch (cause) {
      await clean();
      signal?.throwIfAborted();
      if (cause instanceof CodeActError) throw cause;
      throw new CodeActError("backend_lost", "The sandbox does not answer.", {
        hint: "Create a new sandbox runtime.",
        cause,
      });
    }
  }

  async function close(): Promise<void> {
    await Promise.all([...sessions.values()].map((session) => session.close()));
    await zygote.stop();
    await folder.remove();
  }

  const closeOnce = (): Promise<void> => (closing ??= close());
  return {
    name: "sandbox",
    capabilities: { isolation: "namespaces", transactions },
    pythonVersion: python.version,
    preloaded: zygote.preloaded,
    ended: zygote.exited,
    open,
    close: closeOnce,
    [Symbol.asyncDispose]: closeOnce,
  };
}
