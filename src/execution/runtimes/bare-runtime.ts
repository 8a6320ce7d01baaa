import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Duplex } from "node:stream";
import { CodeActError } from "../../errors.ts";
import { openKernelSession } from "../kernel-session.ts";
import { kernelArguments, kernelEnvironment, kernelFolder } from "../kernel-process.ts";
import { defaultLimits, type Runtime } from "../runtime.ts";
import type { Session } from "../session.ts";
import { createWorkspaceFiles } from "../workspace-files.ts";

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
  let closed = false;

  const close = async (): Promise<void> => {
    closed = true;
    await Promise.all([...sessions.values()].map((session) => session.close()));
  };

  return {
    name: "bare",
    capabilities: { isolation: "none", transactions },

    async open(openOptions = {}) {
      if (closed) throw new CodeActError("session_closed", "The bare runtime is closed.");
      const id = openOptions.id ?? randomUUID();
      const workspace = await mkdtemp(join(tmpdir(), "codeact-bare-"));
      const kernel = spawn(python, [...kernelArguments(kernelFolder), "serve", "--fd", "3"], {
        cwd: workspace,
        env: { ...process.env, ...kernelEnvironment },
        stdio: ["ignore", "ignore", "ignore", "pipe"],
        detached: true,
      });
      try {
        await once(kernel, "spawn");
      } catch (cause) {
        await rm(workspace, { recursive: true, force: true });
        throw new CodeActError("python_not_found", `The Python ${python} could not be started.`, {
          hint: "Install Python 3.9 or newer, or name one with --python.",
          cause,
        });
      }
      const wire = kernel.stdio[3];
      if (!(wire instanceof Duplex)) throw new TypeError("descriptor 3 of the kernel is no socket");
      const exited = once(kernel, "exit");
      const session = await openKernelSession(wire, {
        id,
        limits: { ...defaultLimits, ...openOptions.limits },
        transactions,
        files: createWorkspaceFiles(workspace),
        async onClosed() {
          await exited;
          await rm(workspace, { recursive: true, force: true });
          sessions.delete(id);
        },
      });
      sessions.set(id, session);
      return session;
    },

    close,
    [Symbol.asyncDispose]: close,
  };
}
