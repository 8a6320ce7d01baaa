import { randomUUID } from "node:crypto";
import { connect } from "node:net";
import { once } from "node:events";
import { CodeActError } from "../../errors.ts";
import { findPython } from "../find-python.ts";
import { openKernelSession } from "../kernel-session.ts";
import { defaultLimits, type OpenOptions, type Runtime } from "../runtime.ts";
import type { Session } from "../session.ts";
import { createWorkspaceFiles } from "../workspace-files.ts";
import { createSandboxFolder } from "./sandbox-folder.ts";
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

export const defaultPreload: readonly string[] = ["numpy", "pandas", "matplotlib.pyplot"];

const sessionIdPattern = /^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$/;

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
    folder.remove();
    throw error;
  }
  const sessions = new Map<string, Session>();
  let closing: Promise<void> | undefined;

  async function open(openOptions: OpenOptions = {}): Promise<Session> {
    if (closing !== undefined) {
      throw new CodeActError("session_closed", "The sandbox runtime is closed.");
    }
    const id = openOptions.id ?? randomUUID();
    if (!sessionIdPattern.test(id)) {
      throw new CodeActError("invalid_input", `"${id}" cannot be the id of a session.`, {
        hint: "Use up to 100 letters, digits, - and _.",
      });
    }
    const workspace = folder.createWorkspace(id);
    const socket = connect(folder.socketPath);
    try {
      await once(socket, "connect");
      const session = await openKernelSession(socket, {
        id,
        limits: { ...defaultLimits, ...options.limits, ...openOptions.limits },
        transactions,
        files: createWorkspaceFiles(workspace, { owner: folder.owner }),
        async onClosed() {
          folder.removeWorkspace(id);
          sessions.delete(id);
        },
      });
      sessions.set(id, session);
      return session;
    } catch (cause) {
      folder.removeWorkspace(id);
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
    folder.remove();
  }

  const closeOnce = (): Promise<void> => (closing ??= close());
  return {
    name: "sandbox",
    capabilities: { isolation: "namespaces", transactions },
    pythonVersion: python.version,
    preloaded: zygote.preloaded,
    open,
    close: closeOnce,
    [Symbol.asyncDispose]: closeOnce,
  };
}
