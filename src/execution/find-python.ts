import { join } from "node:path";
import { CodeActError } from "../errors.ts";
import { findMadeEnvironment } from "./environment-folder.ts";
import { inspectPython, oldestPython } from "./inspect-python.ts";
import type { PythonFault, PythonInfo } from "./inspect-python.ts";
import { readPackageList } from "./python-packages.ts";
import type { PackageList } from "./python-packages.ts";

export type PythonSource = "option" | "CODEACT_PYTHON" | "environment" | "virtualenv" | "system";

/** An interpreter and where it was found. */
export interface FoundPython extends PythonInfo {
  readonly source: PythonSource;
}

export interface FindPythonOptions {
  /** Used as it is; nothing else is tried. */
  readonly python?: string;
  /** Default: the process's environment. */
  readonly env?: NodeJS.ProcessEnv;
  /** The packages of the made environment; their versions are looked up. Default: the list of `codeact env`. */
  readonly packages?: PackageList;
}

/**
 * Finds the interpreter to use: the option, `CODEACT_PYTHON`, the environment made by `codeact env`, the
 * active virtual environment, `python3` on the PATH, `/usr/bin/python3`. Rejects with `python_not_found`;
 * the first two never fall back to another one.
 */
export async function findPython(options: FindPythonOptions = {}): Promise<FoundPython> {
  const { python, env = process.env } = options;
  const packages = options.packages ?? readPackageList();

  const named = python ?? (env["CODEACT_PYTHON"] || undefined);
  if (named !== undefined) {
    const source = python === undefined ? "CODEACT_PYTHON" : "option";
    const info = await inspectPython(named, packages.names);
    if (typeof info === "string") throw unusable(named, source, info);
    return { ...info, source };
  }

  const virtualenv = env["VIRTUAL_ENV"];
  const candidates: readonly (readonly [PythonSource, string | undefined])[] = [
    ["environment", findMadeEnvironment({ env, packages })?.python],
    ["virtualenv", virtualenv ? join(virtualenv, "bin", "python") : undefined],
  ];
  for (const [source, path] of candidates) {
    if (path === undefined) continue;
    const info = await inspectPython(path, packages.names);
    if (typeof info !== "string") return { ...info, source };
  }
  return findSystemPython({ env, packages });
}

/** Finds the system's interpreter: `python3` on the PATH, then `/usr/bin/python3`. Rejects with `python_not_found`. */
export async function findSystemPython(
  options: Omit<FindPythonOptions, "python"> = {},
): Promise<FoundPython> {
  const { env = process.env, packages = readPackageList() } = options;
  const onPath = (env["PATH"] ?? "")
    .split(":")
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, "python3"));
  let tooOld = false;
  for (const path of new Set([...onPath, "/usr/bin/python3"])) {
    const info = await inspectPython(path, packages.names);
    if (typeof info !== "string") return { ...info, source: "system" };
    tooOld ||= info === "too-old";
  }
  throw new CodeActError(
    "python_not_found",
    tooOld
      ? `The Python of this machine is older than ${oldestPython.join(".")}.`
      : "No Python was found on this machine.",
    {
      hint: `Install Python ${oldestPython.join(".")} or newer (sudo apt-get install python3), or name one with --python or CODEACT_PYTHON.`,
    },
  );
}

function unusable(path: string, source: PythonSource, fault: PythonFault): CodeActError {
  const what = {
    missing: "does not exist or cannot be started",
    failed: "does not work as a Python interpreter",
    "too-old": `is older than Python ${oldestPython.join(".")}`,
  }[fault];
  const where = source === "option" ? "" : " (from CODEACT_PYTHON)";
  return new CodeActError("python_not_found", `${path}${where} ${what}.`, {
    hint: `Name a Python ${oldestPython.join(".")} or newer, or leave it out to use the one of this machine.`,
  });
}
