import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { findPython } from "../../src/execution/find-python.ts";
import { runProcess } from "../../src/execution/run-process.ts";

const samplesSchema = z.object({
  sessionOpenMs: z.array(z.number()),
  cellRoundTripMs: z.array(z.number()),
  saturatedRoundTripMs: z.array(z.number()),
  idleMegabytes: z.array(z.number()),
});

export type RivalSamples = z.infer<typeof samplesSchema>;

/** Measures ipykernel through jupyter_client the way the engine is measured. */
export async function measureIpykernel(options: {
  readonly thinkMs: number;
}): Promise<RivalSamples> {
  const lines = await withIpykernel((runScript) =>
    runScript("ipykernel_rival.py", [`${options.thinkMs}`]),
  );
  return samplesSchema.parse(JSON.parse(lines.split("\n").at(-1) ?? ""));
}

/** Runs a script of this folder and returns what it prints. */
export type RunScript = (name: string, args: readonly string[]) => Promise<string>;

/**
 * Makes a throw-away virtual environment with ipykernel and jupyter_client that sees the packages of the Python that
 * the sandbox uses, and lets `work` run scripts in it.
 */
export async function withIpykernel<Result>(
  work: (runScript: RunScript) => Promise<Result>,
): Promise<Result> {
  const python = await findPython();
  const folder = await mkdtemp(join(tmpdir(), "codeact-bench-"));
  try {
    const rival = join(folder, "bin", "python");
    await run(python.path, ["-m", "venv", folder]);
    await run(rival, ["-m", "pip", "install", "--quiet", "ipykernel", "jupyter_client"]);
    const ask = (path: string): Promise<string> =>
      run(path, ["-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]);
    await writeFile(join(await ask(rival), "packages.pth"), `${await ask(python.path)}\n`);
    return await work((name, args) =>
      run(rival, [fileURLToPath(new URL(name, import.meta.url)), ...args]),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function run(command: string, args: readonly string[]): Promise<string> {
  const result = await runProcess(command, args, { timeoutMs: 300_000 });
  if (result.exitCode === 0) return result.stdout.trim();
  throw new Error(`${command} ${args.join(" ")} failed: ${result.stderr.trim().slice(-500)}`);
}
