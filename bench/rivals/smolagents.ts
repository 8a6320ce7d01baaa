import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { findSystemPython } from "../../src/execution/find-python.ts";
import { runProcess } from "../../src/execution/run-process.ts";
import type { LoopTask } from "../loop-task.ts";

const version = "1.26.0";

/** Milliseconds per turn of smolagents' `CodeAgent`, in a virtual environment that is kept in the cache folder. */
export async function measureSmolagents(task: LoopTask): Promise<readonly number[]> {
  const python = await ensureEnvironment();
  const script = fileURLToPath(new URL("smolagents_rival.py", import.meta.url));
  const lines = await run(python, [script, JSON.stringify(task)]);
  return z.array(z.number()).parse(JSON.parse(lines.split("\n").at(-1) ?? ""));
}

async function ensureEnvironment(): Promise<string> {
  const cache = process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
  const folder = join(cache, "codeact", "bench", `smolagents-${version}`);
  const python = join(folder, "bin", "python");
  // Written last: an environment without it is not complete.
  const marker = join(folder, "complete");
  if (existsSync(marker)) return python;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await run((await findSystemPython({ env: process.env })).path, ["-m", "venv", folder]);
  await run(python, ["-m", "pip", "install", "--quiet", `smolagents==${version}`]);
  await writeFile(marker, "");
  return python;
}

async function run(command: string, args: readonly string[]): Promise<string> {
  const result = await runProcess(command, args, { timeoutMs: 600_000 });
  if (result.exitCode === 0) return result.stdout.trim();
  throw new Error(`${command} failed: ${result.stderr.trim().slice(-500)}`);
}
