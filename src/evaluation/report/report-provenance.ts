import type { Provenance } from "../provenance.ts";
import type { EvaluationResult } from "../trajectory.ts";
import { summaryKey } from "./summary.ts";

/** What made the results of a report; of results that do not tell, nothing. */
export interface ReportProvenance {
  /** When the first and the last play began; ISO 8601 in UTC. */
  readonly first: string;
  readonly last: string;
  /** Versions and names that were in use, sorted. */
  readonly codeact: readonly string[];
  readonly python: readonly string[];
  readonly runtime: readonly string[];
  readonly provider: readonly string[];
  /** Those of them in which plays of one and the same run differ: their figures mix what may not be alike. */
  readonly mixed: readonly MixedName[];
}

type MixedName = (typeof names)[number];

const names = ["codeact", "python", "runtime", "provider"] as const;

/** Collects what made results; undefined where none of them tells. */
export function reportProvenance(
  results: readonly EvaluationResult[],
): ReportProvenance | undefined {
  const told = results.flatMap(({ provenance }) => provenance ?? []);
  if (told.length === 0) return undefined;
  const starts = told.map(({ startedAt }) => startedAt).toSorted();
  const runs = [...Map.groupBy(results, summaryKey).values()].map((run) =>
    run.flatMap(({ provenance }) => provenance ?? []),
  );
  const of = (name: MixedName): readonly string[] => valuesOf(told, name);
  return {
    first: starts[0]!,
    last: starts.at(-1)!,
    codeact: of("codeact"),
    python: of("python"),
    runtime: of("runtime"),
    provider: of("provider"),
    mixed: names.filter((name) => runs.some((run) => valuesOf(run, name).length > 1)),
  };
}

function valuesOf(told: readonly Provenance[], name: MixedName): readonly string[] {
  return [...new Set(told.flatMap((one) => one[name] ?? []))].toSorted();
}

/** Says it to people, with a warning where a run mixes what may not be alike. */
export function provenanceText(provenance: ReportProvenance | undefined): string {
  if (provenance === undefined) return "";
  const { first, last, codeact, python, runtime, mixed } = provenance;
  const days = [...new Set([first.slice(0, 10), last.slice(0, 10)])].join(" to ");
  const parts = [
    `codeact ${codeact.join(", ")}`,
    ...(python.length === 0 ? [] : [`Python ${python.join(", ")}`]),
    `runtime ${runtime.join(", ")}`,
  ];
  const warnings = mixed.map(
    (name) =>
      ` One run mixes ${mixedTexts[name]} (${provenance[name].join(", ")}): its figures may not be of one thing.`,
  );
  return `Played ${days} with ${parts.join(", ")}.${warnings.join("")}`;
}

const mixedTexts: Readonly<Record<MixedName, string>> = {
  codeact: "versions of codeact",
  python: "versions of Python",
  runtime: "runtimes",
  provider: "services that call their models alike",
};
