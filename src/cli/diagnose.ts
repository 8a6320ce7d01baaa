import { isCodeActError } from "../errors.ts";
import { findPython } from "../execution/find-python.ts";
import type { FoundPython } from "../execution/find-python.ts";
import { readPackageList } from "../execution/python-packages.ts";
import { probeSandbox } from "../execution/runtimes/sandbox-probe.ts";
import { discoverModels } from "../models/discover-models.ts";
import type { CliContext } from "./cli-context.ts";

/** One thing that was looked at. */
export interface Finding {
  readonly name: string;
  /** `warn`: it works, but gives less than it could. */
  readonly status: "ok" | "warn" | "fail";
  readonly detail: string;
  /** What to do about it. */
  readonly fix?: string;
}

/** What was found, and whether the sandbox runtime works. */
export interface Diagnosis {
  readonly works: boolean;
  readonly findings: readonly Finding[];
}

/** Looks at everything that the program depends on. Never rejects for what it finds. */
export async function diagnose(context: CliContext, python?: string): Promise<Diagnosis> {
  const found = await findPython({
    env: context.env,
    ...(python !== undefined && { python }),
  }).catch((error: unknown) => error);
  const checks = isPython(found)
    ? [...describePython(found), ...(await probe(found))]
    : [failed("python", found)];
  return {
    works: checks.every(({ status }) => status !== "fail"),
    findings: [
      { name: "node", status: "ok", detail: process.versions.node },
      ...checks,
      await findModels(context),
    ],
  };
}

function isPython(found: unknown): found is FoundPython {
  return typeof found === "object" && found !== null && "basePrefix" in found;
}

function describePython({ version, path, source, packages }: FoundPython): readonly Finding[] {
  const missing = readPackageList().names.filter((name) => !(name in packages));
  const present = Object.entries(packages).map(([name, installed]) => `${name} ${installed}`);
  return [
    { name: "python", status: "ok", detail: `${version} ${path} (${source})` },
    {
      name: "packages",
      status: missing.length === 0 ? "ok" : "warn",
      detail: [
        ...(present.length === 0 ? [] : [present.join(", ")]),
        ...(missing.length === 0 ? [] : [`missing: ${missing.join(", ")}`]),
      ].join("; "),
      ...(missing.length > 0 && { fix: "Run `codeact env`." }),
    },
  ];
}

async function probe(python: FoundPython): Promise<readonly Finding[]> {
  const checks = await probeSandbox({ python: python.path });
  return checks.map(({ name, ok, detail, fix }) => ({
    name,
    status: ok ? "ok" : "fail",
    detail,
    // A fault's own hint may be to run the doctor.
    ...(fix !== undefined && !fix.includes("codeact doctor") && { fix }),
  }));
}

async function findModels({ env, fetch }: CliContext): Promise<Finding> {
  const models = await discoverModels({ env, fetch });
  if (models.length === 0) {
    return {
      name: "models",
      status: "warn",
      detail: "none found",
      fix: "Set OPENAI_API_KEY, or start Ollama, llama.cpp, vLLM or LM Studio.",
    };
  }
  return { name: "models", status: "ok", detail: models.map((place) => place.spec).join(", ") };
}

function failed(name: string, error: unknown): Finding {
  const message = error instanceof Error ? error.message : String(error);
  const fix = isCodeActError(error) ? error.hint : undefined;
  return { name, status: "fail", detail: message, ...(fix !== undefined && { fix }) };
}
