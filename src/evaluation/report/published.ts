import tables from "./published-tables.json" with { type: "json" };

/** A number that the paper reports: one model in one format. */
export interface PublishedRow {
  readonly model: string;
  readonly format: string;
  /** In percent. */
  readonly success: number;
  readonly turns?: number;
}

/** What the CodeAct paper and its release report for a benchmark (Wang et al., 2024); empty for others. */
export function publishedRows(benchmark: string): readonly PublishedRow[] {
  switch (benchmark) {
    case "m3tooleval":
      return tables.m3tooleval;
    case "api-bank":
      return tables["api-bank"];
    case "mint":
      return tables.mint.flatMap(({ model, sr }) => {
        const last = sr.at(-1);
        return typeof last === "number" ? [{ model, format: "code", success: last }] : [];
      });
    default:
      return [];
  }
}
