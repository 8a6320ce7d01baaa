/** One measured figure, beside what the rival took in the same run. */
export interface Figure {
  readonly name: string;
  readonly unit: "ms" | "MB" | "count" | "MB/s" | "calls/s" | "1/min";
  readonly p50: number;
  readonly p99: number;
  readonly rival: string | null;
  readonly rival_p50: number | null;
  /** How many times better than the rival: rival_p50 / p50. */
  readonly ratio: number | null;
}

export interface Rival {
  readonly name: string;
  readonly samples: readonly number[];
}

/** Makes a figure of samples for which less is better. */
export function figureOf(
  name: string,
  unit: Figure["unit"],
  samples: readonly number[],
  rival?: Rival,
): Figure {
  const p50 = quantile(samples, 0.5);
  const rivalP50 = rival === undefined ? null : quantile(rival.samples, 0.5);
  return {
    name,
    unit,
    p50: round(p50),
    p99: round(quantile(samples, 0.99)),
    rival: rival?.name ?? null,
    rival_p50: rivalP50 === null ? null : round(rivalP50),
    ratio: rivalP50 === null ? null : round(rivalP50 / p50),
  };
}

/** The sample below which a share of all samples lies. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Lays figures out as a table for people. */
export function figureTable(figures: readonly Figure[]): string {
  const header = ["figure", "unit", "p50", "p99", "rival", "rival p50", "ratio"];
  const rows = figures.map((figure) => [
    figure.name,
    figure.unit,
    `${figure.p50}`,
    `${figure.p99}`,
    figure.rival ?? "-",
    `${figure.rival_p50 ?? "-"}`,
    figure.ratio === null ? "-" : `${figure.ratio}x`,
  ]);
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  return [header, widths.map((width) => "-".repeat(width)), ...rows]
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}
