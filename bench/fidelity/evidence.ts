import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { RecordedTrajectory } from "./recorded-trajectory.ts";

/** Cells that were seen to agree with their recording in an environment that is not the default one. */
export interface EvidenceOfEnvironment {
  /** What the environment was: versions by name. */
  readonly versions: Readonly<Record<string, string>>;
  /** Keys of the cells that agreed there. */
  readonly cells: readonly string[];
}

/** What reruns with the recording's libraries, and with its Python and IPython, have shown. */
export interface Evidence {
  readonly libraries: EvidenceOfEnvironment;
  readonly reference: EvidenceOfEnvironment;
}

/** Where the evidence lies that belongs to this version of the bench. */
export const evidenceFile = new URL("evidence.json", import.meta.url);

const none: EvidenceOfEnvironment = { versions: {}, cells: [] };

/** Reads the evidence; without a file there is none. */
export function readEvidence(file: URL = evidenceFile): Evidence {
  if (!existsSync(file)) return { libraries: none, reference: none };
  return JSON.parse(readFileSync(file, "utf8")) as Evidence;
}

/** Writes evidence, sorted, so that two runs that saw the same write the same. */
export function writeEvidence(evidence: Evidence, file: URL = evidenceFile): void {
  const sorted = ({ versions, cells }: EvidenceOfEnvironment): EvidenceOfEnvironment => ({
    versions,
    cells: [...new Set(cells)].toSorted(),
  });
  const { libraries, reference } = evidence;
  const text = JSON.stringify(
    { libraries: sorted(libraries), reference: sorted(reference) },
    null,
    2,
  );
  writeFileSync(file, `${text}\n`);
}

/** The key of a cell: the code of its trajectory up to it, and what the recording says came of it. */
export function cellKey({ cells }: RecordedTrajectory, index: number): string {
  const codes = cells.slice(0, index + 1).map((cell) => cell.code);
  const content = JSON.stringify([codes, cells[index]?.observation?.text]);
  return createHash("sha256").update(content).digest("hex").slice(0, 16);
}
