import { CodeActError } from "../errors.ts";
import type { PackageList } from "./python-packages.ts";
import { runProcess } from "./run-process.ts";
import type { ProcessResult } from "./run-process.ts";

/** One step of making a Python environment. */
export interface EnvironmentProgress {
  readonly phase: "waiting" | "creating" | "downloading" | "installing" | "notice";
  /** One short line for people. */
  readonly message: string;
  /** Packages of the list that were reached so far. */
  readonly completed: number;
  readonly total: number;
}

export interface InstallOptions {
  /** The environment's interpreter. */
  readonly python: string;
  readonly packages: PackageList;
  /** Whether to install with `uv` instead of pip. */
  readonly useUv: boolean;
  readonly env: NodeJS.ProcessEnv;
  readonly onProgress: (progress: EnvironmentProgress) => void;
  readonly signal?: AbortSignal;
}

/**
 * Installs the pinned list; where this Python can't have a pinned version, the newest it can have.
 * Rejects with `environment_failed`.
 */
export async function installPackages(options: InstallOptions): Promise<void> {
  const { packages, onProgress } = options;
  const pinned = await install(["-r", packages.path], options);
  if (pinned.exitCode === 0) return;
  if (!isUnsatisfiable(pinned)) throw installFault(pinned, options);

  onProgress({
    phase: "notice",
    message:
      "This Python can't have the pinned versions; the newest that it can have are installed.",
    completed: 0,
    total: packages.names.length,
  });
  const newest = await install(packages.names, options);
  if (newest.exitCode !== 0) throw installFault(newest, options);
}

function install(requirements: readonly string[], options: InstallOptions): Promise<ProcessResult> {
  const { python, useUv, env, packages, onProgress, signal } = options;
  const [command, args]: readonly [string, readonly string[]] = useUv
    ? ["uv", ["pip", "install", "--python", python, "--no-progress", ...requirements]]
    : [
        python,
        ["-m", "pip", "install", "--progress-bar", "off", "--retries", "1", ...requirements],
      ];
  return runProcess(command, args, {
    env,
    onLine: createLineReader(packages.names, onProgress),
    ...(signal && { signal }),
  });
}

/** Turns the lines of pip and uv into progress. */
export function createLineReader(
  names: readonly string[],
  onProgress: (progress: EnvironmentProgress) => void,
): (line: string) => void {
  const wanted = new Set(names.map(normalize));
  const reached = new Set<string>();
  let current = "";

  function report(phase: EnvironmentProgress["phase"], message: string): void {
    onProgress({ phase, message, completed: reached.size, total: names.length });
  }

  return (line) => {
    const collecting = /^Collecting ([\w.-]+)(?:==([\w.]+))?/.exec(line);
    const downloading = /^\s+(?:Downloading|Using cached) \S+ (\([^)]+\))/.exec(line);
    const installing = /^Installing collected packages: (.+)/.exec(line);
    const resolved = /^Resolved (\d+) packages/.exec(line);
    const added = /^ \+ ([\w.-]+)==(\S+)/.exec(line);
    if (collecting) {
      current = [collecting[1], collecting[2]].filter((part) => part !== undefined).join(" ");
      if (wanted.has(normalize(collecting[1] ?? ""))) reached.add(normalize(collecting[1] ?? ""));
      report("downloading", current);
    } else if (downloading) {
      report("downloading", `${current} ${downloading[1]}`);
    } else if (installing) {
      report("installing", `${(installing[1] ?? "").split(",").length} packages`);
    } else if (resolved) {
      report("downloading", `${resolved[1]} packages`);
    } else if (added) {
      if (wanted.has(normalize(added[1] ?? ""))) reached.add(normalize(added[1] ?? ""));
      report("installing", `${added[1]} ${added[2]}`);
    }
  };
}

function normalize(name: string): string {
  return name.toLowerCase().replaceAll(/[-_.]+/g, "-");
}

/** The index has the package, but no version that fits the pin and this Python. */
function isUnsatisfiable({ stderr }: ProcessResult): boolean {
  if (isUnreachable(stderr)) return false;
  return /from versions: (?!none)|Requires-Python|No solution found/.test(stderr);
}

function isUnreachable(stderr: string): boolean {
  return /connection broken|NewConnectionError|name resolution|dns error|error sending request|Failed to fetch|Network is unreachable/i.test(
    stderr,
  );
}

function installFault(result: ProcessResult, options: InstallOptions): CodeActError {
  const { stderr } = result;
  const details = { output: stderr.slice(-4000) };
  if (options.signal?.aborted === true) {
    return new CodeActError(
      "environment_failed",
      "Installing the Python packages was interrupted.",
      {
        hint: "Run `codeact env` again; what was downloaded is not downloaded twice.",
      },
    );
  }
  if (isUnreachable(stderr) || /from versions: none/.test(stderr)) {
    return new CodeActError(
      "environment_failed",
      "The Python packages can't be installed because no package index can be reached.",
      {
        hint: "Connect to the internet or set PIP_INDEX_URL to a mirror, then run `codeact env`.",
        details,
      },
    );
  }
  if (/No space left on device/.test(stderr)) {
    return new CodeActError(
      "environment_failed",
      "The disk is full: the Python packages don't fit.",
      {
        hint: "Free about 1 GB, or set XDG_CACHE_HOME to a larger disk.",
        details,
      },
    );
  }
  const lastLine = stderr.trim().split("\n").at(-1) ?? "";
  return new CodeActError(
    "environment_failed",
    `Installing the Python packages failed: ${lastLine}`,
    {
      hint: "Run `codeact env --recreate`, or name a Python of your own with --python.",
      details,
    },
  );
}
