import { mkdirSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { CodeActError, isCodeActError } from "../errors.ts";
import {
  environmentFolder,
  environmentsFolder,
  markEnvironment,
  readEnvironment,
  recentFailure,
  rememberFailure,
} from "./environment-folder.ts";
import type { MadeEnvironment } from "./environment-folder.ts";
import { withLock } from "./environment-lock.ts";
import { findPython, findSystemPython } from "./find-python.ts";
import type { FoundPython } from "./find-python.ts";
import { installPackages } from "./install-packages.ts";
import type { EnvironmentProgress } from "./install-packages.ts";
import type { PythonInfo } from "./inspect-python.ts";
import { readPackageList } from "./python-packages.ts";
import type { PackageList } from "./python-packages.ts";
import { runProcess } from "./run-process.ts";

export interface MakeEnvironmentOptions {
  /** The interpreter to build on. Default: the system's. */
  readonly python?: string;
  /** Whether an existing environment is made anew. */
  readonly recreate?: boolean;
  /** Default: the list that ships with this package. */
  readonly packages?: PackageList;
  readonly onProgress?: (progress: EnvironmentProgress) => void;
  readonly signal?: AbortSignal;
  /** Default: the process's environment. */
  readonly env?: NodeJS.ProcessEnv;
  /** Default: the system's clock. */
  readonly now?: () => Date;
}

/**
 * Makes the Python environment in the user's cache folder, or finds it complete. Processes that do this
 * at the same time wait for one another. Rejects with `python_not_found` or `environment_failed`; the
 * details of the latter hold `missing: "python3-venv"` where that Debian package is what is needed.
 */
export async function makeEnvironment(
  options: MakeEnvironmentOptions = {},
): Promise<MadeEnvironment> {
  const { env = process.env, recreate = false } = options;
  const packages = options.packages ?? readPackageList();
  const base = await findBase(options, env);
  const folder = environmentFolder(base, packages, env);
  const existing = readEnvironment(folder);
  if (existing !== undefined && !recreate) return existing;

  const report = createReporter(options, packages);
  try {
    mkdirSync(dirname(folder), { recursive: true });
  } catch (cause) {
    throw new CodeActError("permission_denied", `The folder ${dirname(folder)} can't be made.`, {
      hint: "Set XDG_CACHE_HOME to a folder that you may write to.",
      cause,
    });
  }
  return withLock(
    `${folder}.lock`,
    async () => {
      const made = readEnvironment(folder);
      // Another process may have made it while this one waited.
      if (made !== undefined && (!recreate || made.createdAt !== existing?.createdAt)) return made;
      rmSync(folder, { recursive: true, force: true });
      try {
        await build(base, folder, packages, { ...options, env }, report);
      } catch (error) {
        rmSync(folder, { recursive: true, force: true });
        throw error;
      }
      return markEnvironment(folder, packages, (options.now?.() ?? new Date()).toISOString());
    },
    {
      onWait: (pid) => report("waiting", `for process ${pid}, which is making it`),
      ...(options.signal && { signal: options.signal }),
    },
  );
}

/** The interpreter to use and, where it is not the made environment for a reason, the reason. */
export interface EnsuredPython {
  readonly python: FoundPython;
  readonly notice?: string;
}

/**
 * Finds the interpreter as `findPython` does, but makes the environment first where nothing better than
 * the system's Python is there. Where that fails, the system's Python is used and `notice` says why.
 * Rejects with `python_not_found`.
 */
export async function ensureEnvironment(
  options: Omit<MakeEnvironmentOptions, "recreate"> = {},
): Promise<EnsuredPython> {
  const { env = process.env } = options;
  const packages = options.packages ?? readPackageList();
  const found = await findPython({
    env,
    packages,
    ...(options.python !== undefined && { python: options.python }),
  });
  if (found.source !== "system") return { python: found };
  // A system that has the packages already needs no environment.
  if (packages.names.every((name) => name in found.packages)) return { python: found };
  const now = options.now?.() ?? new Date();
  const without = (reason: string): EnsuredPython => ({
    python: found,
    notice: `Using ${found.path} without the usual packages. ${reason}`,
  });
  const earlier = recentFailure(env, now);
  if (earlier !== undefined) return without(earlier);
  try {
    await makeEnvironment({ ...options, env, packages });
    return { python: await findPython({ env, packages }) };
  } catch (error) {
    if (!isCodeActError(error) || options.signal?.aborted === true) throw error;
    const reason = [error.message, error.hint].filter(Boolean).join(" ");
    rememberFailure(env, reason, now);
    return without(reason);
  }
}

async function findBase(
  options: MakeEnvironmentOptions,
  env: NodeJS.ProcessEnv,
): Promise<PythonInfo> {
  if (options.python === undefined) return findSystemPython({ env: withoutVirtualenv(env) });
  return findPython({ python: options.python, env });
}

/** The active virtual environment is no base: it may be deleted at any time. */
function withoutVirtualenv(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const virtualenv = env["VIRTUAL_ENV"];
  if (!virtualenv) return env;
  const path = (env["PATH"] ?? "").split(":").filter((entry) => entry !== `${virtualenv}/bin`);
  return { ...env, PATH: path.join(":") };
}

type Reporter = (phase: EnvironmentProgress["phase"], message: string) => void;

function createReporter(options: MakeEnvironmentOptions, packages: PackageList): Reporter {
  const total = packages.names.length;
  return (phase, message) => options.onProgress?.({ phase, message, completed: 0, total });
}

async function build(
  base: PythonInfo,
  folder: string,
  packages: PackageList,
  options: MakeEnvironmentOptions & { readonly env: NodeJS.ProcessEnv },
  report: Reporter,
): Promise<void> {
  // What the caller's shell says of its own Python must not leak into the new one.
  const { PYTHONPATH: _path, PYTHONHOME: _home, ...inherited } = options.env;
  const env = { ...inherited, PIP_DISABLE_PIP_VERSION_CHECK: "1", PIP_NO_INPUT: "1" };
  const signal = options.signal && { signal: options.signal };
  const useUv = (await runProcess("uv", ["--version"], { env })).exitCode === 0;
  if (!useUv && !base.hasEnsurePip) throw venvMissing(base);

  report("creating", `${folder} (Python ${base.version})`);
  const created = useUv
    ? await runProcess("uv", ["venv", "--python", base.path, folder], { env, ...signal })
    : await runProcess(base.path, ["-m", "venv", folder], { env, ...signal });
  if (created.exitCode !== 0) {
    if (/ensurepip is not available/.test(created.stdout + created.stderr)) throw venvMissing(base);
    throw new CodeActError(
      "environment_failed",
      `The Python environment in ${environmentsFolder(env)} could not be made.`,
      { details: { output: (created.stdout + created.stderr).slice(-4000) } },
    );
  }
  await installPackages({
    python: `${folder}/bin/python3`,
    packages,
    useUv,
    env,
    onProgress: options.onProgress ?? (() => {}),
    ...signal,
  });
}

function venvMissing(base: PythonInfo): CodeActError {
  return new CodeActError(
    "environment_failed",
    `${base.path} can't make virtual environments because the package python3-venv is not installed.`,
    { hint: "Run `sudo apt-get install python3-venv`.", details: { missing: "python3-venv" } },
  );
}
