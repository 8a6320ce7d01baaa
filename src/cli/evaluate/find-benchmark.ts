import { resolve } from "node:path";
import { CodeActError } from "../../errors.ts";
import type { Benchmark } from "../../evaluation/benchmark.ts";
import { importModule } from "../import-module.ts";

/** Finds a benchmark by its name, or in the user's module at a path. Rejects with `invalid_input`. */
export async function findBenchmark(nameOrPath: string, cwd: string): Promise<Benchmark> {
  if (/[/\\]|\.[cm]?[jt]s$/.test(nameOrPath)) return await benchmarkOf(resolve(cwd, nameOrPath));
  // No other command should wait for what only this one loads.
  const { benchmarks } = await import("../../evaluation/benchmarks.ts");
  const benchmark = benchmarks.find((known) => known.name === nameOrPath);
  if (benchmark !== undefined) return benchmark;
  const list = benchmarks.map((known) => `${known.name} (${known.description})`).join("; ");
  throw new CodeActError("invalid_input", `There is no benchmark named ${nameOrPath}.`, {
    hint: `Choose from: ${list}. One of your own is named by the path of its module, such as ./stock.ts.`,
  });
}

async function benchmarkOf(path: string): Promise<Benchmark> {
  const exported = new Set(Object.values(await importModule(path, "benchmark")));
  const [benchmark, ...others] = [...exported].filter(isBenchmark);
  if (benchmark !== undefined && others.length === 0) return benchmark;
  throw new CodeActError(
    "invalid_input",
    `${path} exports ${benchmark === undefined ? "no benchmark" : "more than one benchmark"}.`,
    {
      hint: "Write `export const stock: Benchmark = { name, description, formats, load }` in it, once.",
    },
  );
}

function isBenchmark(value: unknown): value is Benchmark {
  if (typeof value !== "object" || value === null) return false;
  const { name, description, formats, load } = value as Partial<Benchmark>;
  return (
    // The name is a folder's, too.
    typeof name === "string" &&
    /^[\w.-]+$/.test(name) &&
    typeof description === "string" &&
    Array.isArray(formats) &&
    formats.length > 0 &&
    formats.every((format) => format === "code" || format === "json" || format === "text") &&
    typeof load === "function"
  );
}
