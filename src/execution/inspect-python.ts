import { runProcess } from "./run-process.ts";

/** One Python interpreter of this machine. */
export interface PythonInfo {
  /** The interpreter itself, shims resolved; in a virtual environment the path inside it. */
  readonly path: string;
  /** Such as `3.11.2`. */
  readonly version: string;
  /** Root of the installation that a virtual environment was made from; otherwise its own root. */
  readonly basePrefix: string;
  /** Every folder that the interpreter needs in order to run. */
  readonly folders: readonly string[];
  /** Whether `python -m venv` can install pip; Debian ships that part apart. */
  readonly hasEnsurePip: boolean;
  /** Versions of the packages that were asked for and are installed. */
  readonly packages: Readonly<Record<string, string>>;
}

/** Why a program can't serve as the interpreter. */
export type PythonFault = "missing" | "failed" | "too-old";

/** The oldest Python that the kernel runs in, as major and minor version. */
export const oldestPython: readonly [number, number] = [3, 9];

const program = `
import json, os, sys
found = {}
ensurepip = False
if sys.version_info >= (3, 9):
    import importlib.metadata, importlib.util
    for name in sys.argv[1:]:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            pass
    ensurepip = importlib.util.find_spec("ensurepip") is not None
print(json.dumps({
    "path": sys.executable,
    "version": "%d.%d.%d" % sys.version_info[:3],
    "basePrefix": getattr(sys, "base_prefix", sys.prefix),
    "folders": sorted({sys.prefix, sys.exec_prefix, getattr(sys, "base_prefix", sys.prefix),
        getattr(sys, "base_exec_prefix", sys.prefix), os.path.dirname(os.path.realpath(sys.executable))}),
    "hasEnsurePip": ensurepip,
    "packages": found,
}))
`;

/** Asks an interpreter what it is. Never throws: a program that can't serve is named by its fault. */
export async function inspectPython(
  command: string,
  packages: readonly string[] = [],
): Promise<PythonInfo | PythonFault> {
  const result = await runProcess(command, ["-I", "-c", program, ...packages], {
    timeoutMs: 30_000,
  });
  if (result.spawnError !== undefined) return "missing";
  const line = result.stdout.trim().split("\n").at(-1) ?? "";
  if (result.exitCode !== 0 || !line.startsWith("{")) return "failed";
  try {
    const info = JSON.parse(line) as PythonInfo;
    return isRecentEnough(info.version) ? info : "too-old";
  } catch {
    return "failed";
  }
}

function isRecentEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > oldestPython[0] || (major === oldestPython[0] && minor >= oldestPython[1]);
}
