import type { Table } from "../report/text-table.ts";

/** One model's row of MINT's main table. */
export interface MintRow {
  readonly model: string;
  /** SR_1 to SR_5 in percent, with two decimals; null for a setting that was not run. */
  readonly sr: readonly (number | null)[];
  /** Improvement with each further turn: the least-squares slope of SR_k over k. */
  readonly slope: number | null;
  /** SR_5 over the in-domain and the out-of-domain tasks. */
  readonly id: number | null;
  readonly od: number | null;
}

/** What the table needs to know of a run. */
export interface MintOutcome {
  readonly model: string;
  /** Such as `max5_p2+tool+cd`. */
  readonly setting: string;
  readonly task: string;
  readonly success: boolean;
}

const inDomain: readonly string[] = ["alfworld", "math", "hotpotqa"];
const settings = ["max1_p1", "max2_p2", "max3_p2", "max4_p2", "max5_p2"];

/** Computes the rows; all averages are over tasks, not over kinds of tasks. */
export function mintRows(outcomes: readonly MintOutcome[]): readonly MintRow[] {
  const models = Map.groupBy(outcomes, ({ model }) => model);
  return [...models].map(([model, own]) => {
    const at = settings.map((setting) =>
      own.filter((outcome) => outcome.setting.split("+")[0] === setting),
    );
    const rates = at.map(successRate);
    const last = at.at(-1) ?? [];
    const isKnown = rates.every((rate) => rate !== null);
    return {
      model,
      sr: rates.map(rounded),
      slope: isKnown ? rounded(slopeOf(rates)) : null,
      id: rounded(successRate(last.filter(({ task }) => inDomain.includes(task)))),
      od: rounded(successRate(last.filter(({ task }) => !inDomain.includes(task)))),
    };
  });
}

/** Lays the rows out. */
export function mintTable(rows: readonly MintRow[]): Table {
  const text = (value: number | null): string => value?.toFixed(2) ?? "-";
  return {
    header: ["model", "SR_1", "SR_2", "SR_3", "SR_4", "SR_5", "slope", "ID", "OD"],
    rows: rows.map(({ model, sr, slope, id, od }) => [
      model,
      ...sr.map(text),
      text(slope),
      text(id),
      text(od),
    ]),
  };
}

/** In percent. */
function successRate(outcomes: readonly MintOutcome[]): number | null {
  if (outcomes.length === 0) return null;
  return (outcomes.filter(({ success }) => success).length / outcomes.length) * 100;
}

/** Least-squares slope of values at 1, 2, 3 ... */
function slopeOf(values: readonly number[]): number {
  const middle = (values.length + 1) / 2;
  let products = 0;
  let squares = 0;
  for (const [index, value] of values.entries()) {
    products += (index + 1 - middle) * value;
    squares += (index + 1 - middle) ** 2;
  }
  return products / squares;
}

function rounded(value: number | null): number | null {
  return value === null ? null : Number(value.toFixed(2));
}
