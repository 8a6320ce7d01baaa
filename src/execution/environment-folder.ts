import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { PythonInfo } from "./inspect-python.ts";
import { readPackageList } from "./python-packages.ts";
import type { PackageList } from "./python-packages.ts";

/** A Python environment that is complete. */
export interface MadeEnvironment {
  readonly folder: string;
  /** Its interpreter. */
  readonly python: string;
  readonly createdAt: string;
}

export interface EnvironmentFolderOptions {
  /** Default: the process's environment. */
  readonly env?: NodeJS.ProcessEnv;
  /** Default: the list that ships with this package. */
  readonly packages?: PackageList;
}

/** Written last: an environment without it is not complete. */
const markerName = "codeact-environment.json";

/** The folder of all environments: `$XDG_CACHE_HOME/codeact/env`, else `~/.cache/codeact/env`. */
export function environmentsFolder(env: NodeJS.ProcessEnv = process.env): string {
  const cache = env["XDG_CACHE_HOME"] || join(env["HOME"] || homedir(), ".cache");
  return join(cache, "codeact", "env");
}

/** The folder of the environment that belongs to this interpreter and this list of packages. */
export function environmentFolder(
  base: PythonInfo,
  packages: PackageList,
  env: NodeJS.ProcessEnv = process.env,
): string {
  const hash = digest(`${base.basePrefix}\n${packages.text}`);
  return join(environmentsFolder(env), `${base.version}-${hash}`);
}

/** Finds the newest complete environment with this list of packages. */
export function findMadeEnvironment(
  options: EnvironmentFolderOptions = {},
): MadeEnvironment | undefined {
  const root = environmentsFolder(options.env);
  const wanted = digest((options.packages ?? readPackageList()).text);
  if (!existsSync(root)) return undefined;
  return readdirSync(root)
    .map((name) => readEnvironment(join(root, name), wanted))
    .filter((made) => made !== undefined)
    .toSorted((a, b) => a.createdAt.localeCompare(b.createdAt))
    .at(-1);
}

/** Reads one environment; nothing when it is not complete or its interpreter is gone. */
export function readEnvironment(folder: string, wanted?: string): MadeEnvironment | undefined {
  const python = join(folder, "bin", "python3");
  try {
    const marker = JSON.parse(readFileSync(join(folder, markerName), "utf8")) as {
      readonly packages: string;
      readonly createdAt: string;
    };
    if (wanted !== undefined && marker.packages !== wanted) return undefined;
    return existsSync(python) ? { folder, python, createdAt: marker.createdAt } : undefined;
  } catch {
    return undefined;
  }
}

/** Declares an environment complete. */
export function markEnvironment(
  folder: string,
  packages: PackageList,
  createdAt: string,
): MadeEnvironment {
  const marker = { packages: digest(packages.text), createdAt };
  writeFileSync(join(folder, markerName), `${JSON.stringify(marker)}\n`);
  return { folder, python: join(folder, "bin", "python3"), createdAt };
}

const failureName = "last-failure.json";
const failureMemoryMs = 10 * 60_000;

/** Remembers that no environment could be made now, so that the next minutes don't wait for it again. */
export function rememberFailure(env: NodeJS.ProcessEnv, reason: string, now: Date): void {
  try {
    const failure = { reason, atMs: now.getTime() };
    writeFileSync(join(environmentsFolder(env), failureName), JSON.stringify(failure));
  } catch {
    // A folder that can't be written only costs the next attempt.
  }
}

/** Why no environment could be made a few minutes ago, if so. */
export function recentFailure(env: NodeJS.ProcessEnv, now: Date): string | undefined {
  try {
    const failure = JSON.parse(
      readFileSync(join(environmentsFolder(env), failureName), "utf8"),
    ) as {
      readonly reason: string;
      readonly atMs: number;
    };
    return now.getTime() - failure.atMs < failureMemoryMs ? failure.reason : undefined;
  } catch {
    return undefined;
  }
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}
