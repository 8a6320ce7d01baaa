import { spawn } from "node:child_process";
import { dirname } from "node:path";
import { z } from "zod";
import { CodeActError } from "../../errors.ts";
import { createFrameDecoder } from "../frame-decoder.ts";
import type { PythonInfo } from "../inspect-python.ts";
import { findHiddenFolder, outerSandboxCommand } from "./bubblewrap.ts";
import type { SandboxFolder } from "./sandbox-folder.ts";
import { removeLeftovers } from "./sandbox-leftovers.ts";

const bootTimeoutMs = 60_000;
const maxKeptErrorCharacters = 4_000;

const readySchema = z.object({
  type: z.literal("zygote-ready"),
  preloaded: z.record(z.string(), z.string()),
  bootMs: z.number(),
});

/** A running outer sandbox. Its sessions are reached through the folder's socket. */
export interface Zygote {
  readonly preloaded: Readonly<Record<string, string>>;
  /** Resolves when it is over, for whatever reason. */
  readonly exited: Promise<void>;
  /** Ends it and everything in it. */
  stop(): Promise<void>;
}

export interface ZygoteOptions {
  readonly python: PythonInfo;
  readonly folder: SandboxFolder;
  readonly preload: readonly string[];
  /** Default: `bwrap` on the PATH. */
  readonly bubblewrap?: string;
}

/** Starts the outer sandbox and resolves when its zygote listens. Rejects with `sandbox_unavailable`. */
export async function startZygote(options: ZygoteOptions): Promise<Zygote> {
  if (process.platform !== "linux") {
    throw unavailable(
      `The sandbox needs Linux; this is ${process.platform}.`,
      "Run codeact in a Linux machine or container.",
    );
  }
  const hidden = findHiddenFolder(options.python.folders);
  if (hidden !== undefined) {
    throw unavailable(
      `The Python in ${hidden} cannot be used in the sandbox: every session has that place for itself.`,
      "Use a Python elsewhere, or set XDG_CACHE_HOME to a folder outside of /tmp and make the environment again.",
    );
  }
  await removeLeftovers(dirname(options.folder.path));
  const { command, args } = outerSandboxCommand({
    bubblewrap: options.bubblewrap ?? "bwrap",
    python: options.python.path,
    pythonFolders: options.python.folders,
    folder: options.folder,
    preload: options.preload,
  });
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], detached: true });
  let errorText = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errorText = (errorText + text).slice(-maxKeptErrorCharacters);
  });
  const exited = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });

  const ready = Promise.withResolvers<Readonly<Record<string, string>>>();
  const decoder = createFrameDecoder();
  child.stdout.on("data", (chunk: Buffer) => {
    try {
      for (const frame of decoder.push(chunk)) ready.resolve(readySchema.parse(frame).preloaded);
    } catch (cause) {
      ready.reject(
        unavailable("The sandbox's first process said something unexpected.", doctorHint, cause),
      );
    }
  });
  child.once("error", (cause) => ready.reject(notStarted(command, cause)));
  child.once("exit", () => ready.reject(explainFailure(errorText)));
  const timer = setTimeout(() => {
    ready.reject(
      unavailable(`The sandbox was not ready after ${bootTimeoutMs / 1000} s.`, doctorHint),
    );
  }, bootTimeoutMs);

  const stop = async (): Promise<void> => {
    child.ref(); // its pipes may end before it is known to be over, and nothing else may keep this process waiting
    child.kill("SIGKILL");
    await exited;
  };
  try {
    const preloaded = await ready.promise;
    child.unref();
    return { preloaded, exited, stop };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

const doctorHint = "Run `codeact doctor` to see what this machine lacks.";

function notStarted(command: string, cause: unknown): CodeActError {
  const program = command === "unshare" ? "util-linux" : "bubblewrap";
  return unavailable(
    `The program ${command} is not installed.`,
    `Install it: sudo apt-get install ${program}, or dnf install ${program}.`,
    cause,
  );
}

/** Says what the last words of the outer sandbox mean. */
function explainFailure(errorText: string): CodeActError {
  const lastLine = errorText.trim().split("\n").at(-1) ?? "";
  if (/bwrap: (not found|No such file)|execvp? bwrap|failed to execute .*bwrap/i.test(errorText)) {
    return notStarted("bwrap", undefined);
  }
  if (/namespace|uid map|Operation not permitted|Permission denied/i.test(lastLine)) {
    return unavailable(
      `This machine does not let the user make namespaces (${lastLine}).`,
      "Allow unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone=1, or an AppArmor profile for bwrap), or use another runtime by name.",
    );
  }
  return unavailable(
    `The sandbox could not be started${lastLine === "" ? "" : ` (${lastLine})`}.`,
    doctorHint,
  );
}

function unavailable(message: string, hint: string, cause?: unknown): CodeActError {
  return new CodeActError("sandbox_unavailable", message, { hint, cause });
}
