import { fileURLToPath } from "node:url";

/** The folder that holds the package `codeact_kernel`, in a clone and in an installed package alike. */
export const kernelFolder = fileURLToPath(new URL("../../python", import.meta.url));

/**
 * Arguments that start the kernel's command line from `folder`, as Python sees it. With `-c`, the folder in
 * which code runs is first on the module path, as in a script or a notebook.
 */
export function kernelArguments(folder: string): string[] {
  const boot = `import sys; sys.path.append(${JSON.stringify(folder)}); from codeact_kernel.__main__ import main; main()`;
  return ["-B", "-c", boot];
}

/**
 * The variables that every kernel starts with. Thread pools start with one thread each, because a pool that
 * runs before a fork does not work after it.
 */
export const kernelEnvironment: Readonly<Record<string, string>> = {
  PYTHONDONTWRITEBYTECODE: "1",
  PYTHONUNBUFFERED: "1",
  PYTHONUTF8: "1",
  MPLBACKEND: "module://codeact_kernel.figures",
  OMP_NUM_THREADS: "1",
  OPENBLAS_NUM_THREADS: "1",
  MKL_NUM_THREADS: "1",
  NUMEXPR_NUM_THREADS: "1",
};
