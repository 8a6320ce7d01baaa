import { verdicts } from "../verdict.ts";
import { escapeHtml } from "./html-text.ts";
import { partClass } from "./plot-style.ts";
import { publishedOf, type PublishedRow } from "./published.ts";
import type { Report } from "./report.ts";
import { commonSettings } from "./report-tables.ts";
import { decimals, dollarText, percent, settingsText, wholeText } from "./summary-table.ts";
import type { Summary } from "./summary.ts";
import { barPlotSvg, stackedPlotSvg, type Bar, type BarPlot, type PlotGroup } from "./svg-plot.ts";

/** A plot as HTML, with its heading and what a reader has to know. */
export interface TitledPlot {
  readonly title: string;
  readonly note?: string;
  readonly html: string;
}

/** Draws success, turns, ends and cost of a report's runs; nothing where there is none. */
export function reportPlots(report: Report): readonly TitledPlot[] {
  const { summaries } = report;
  if (summaries.length === 0) return [];
  const formats = [...new Set(summaries.map(({ format }) => format))];
  const isKnown = summaries.some((own) => publishedOf(report.published, own).length > 0);
  const keys = [
    ...formats.map((format) => key(format, format)),
    ...(isKnown ? [key("dot", "published")] : []),
  ];
  const draw = (plot: Omit<BarPlot, "groups">, barOf: (own: Summary) => BarFigures): string =>
    barPlotSvg({
      ...plot,
      groups: groupsOf(report, (own) => ({
        label: own.format,
        series: own.format,
        ...barOf(own),
      })),
    });
  const of = (own: Summary): PublishedRow | undefined =>
    publishedOf(report.published, own).find(({ format }) => format === own.format);
  const success = draw(
    {
      title: "Success by model and format",
      max: 1,
      axis: (value) => `${Math.round(value * 100)} %`,
    },
    (own) => ({
      value: own.rate,
      interval: own.rateInterval,
      published: asShare(of(own)?.success),
      text: `${percent(own.rate)} %`,
    }),
  );
  const turns = draw(
    { title: "Turns by model and format", axis: (value) => `${value}` },
    (own) => ({
      value: own.meanTurns,
      interval: own.turnsInterval,
      published: of(own)?.turns,
      text: decimals(own.meanTurns, 2),
    }),
  );
  return [
    {
      title: "Success",
      note: "With intervals of 95 %.",
      html: keyList(keys) + success,
    },
    {
      title: "Turns",
      note: "Of a play, failures included. Fewer is better.",
      html: keyList(keys) + turns,
    },
    endsPlot(report),
    costPlot(summaries, draw),
  ];
}

type BarFigures = Omit<Bar, "label" | "series">;

function endsPlot(report: Report): TitledPlot {
  const used = verdicts.filter((verdict) =>
    report.summaries.some((own) => own.verdicts[verdict] > 0),
  );
  const groups = groupsOf(report, (own) => ({
    label: own.format,
    parts: used.map((name) => ({ name, value: own.verdicts[name] })),
  }));
  return {
    title: "Ends",
    note: "How many plays ended in which way.",
    html:
      keyList(used.map((name) => key(partClass(name), name))) +
      stackedPlotSvg("How tasks ended", groups),
  };
}

/** In dollars where all prices are known, else in tokens: a bar of nothing would say that a run was free. */
function costPlot(
  summaries: readonly Summary[],
  draw: (plot: Omit<BarPlot, "groups">, barOf: (own: Summary) => BarFigures) => string,
): TitledPlot {
  const hasCost = summaries.every(({ meanCost }) => meanCost !== undefined);
  const isPartly = !hasCost && summaries.some(({ cost }) => cost !== undefined);
  const plot = draw(
    {
      title: hasCost ? "Cost of a play in dollars" : "Tokens of a play",
      axis: (value) => (hasCost ? `$${value}` : tokensText(value)),
    },
    ({ meanCost = 0, meanTokens }) => ({
      value: hasCost ? meanCost : meanTokens,
      text: hasCost ? dollarText(meanCost) : tokensText(meanTokens),
    }),
  );
  return {
    title: hasCost ? "Cost of a play" : "Tokens of a play",
    note: `Read and written, on average.${isPartly ? " Not all prices are known, so costs are in the table only." : ""}`,
    html: plot,
  };
}

function tokensText(value: number): string {
  return value < 1e6 ? wholeText(value) : `${Number((value / 1e6).toFixed(2))} M`;
}

/** A group for each set of runs that differ in nothing but the format. */
function groupsOf<Row>(report: Report, rowOf: (own: Summary) => Row): readonly PlotGroup<Row>[] {
  const isCommon = commonSettings(report) !== undefined;
  const sets = Map.groupBy(report.summaries, (own) =>
    JSON.stringify([own.model, settingsText(own)]),
  );
  return [...sets.values()].map((set) => ({
    label: set[0]!.model,
    ...(!isCommon && { detail: settingsText(set[0]!) }),
    rows: set.map(rowOf),
  }));
}

function asShare(value: number | undefined): number | undefined {
  return value === undefined ? undefined : value / 100;
}

function key(name: string, text: string): string {
  return `<span><span class="key ${name}"></span>${escapeHtml(text)}</span>`;
}

function keyList(keys: readonly string[]): string {
  return `<div class="keys">${keys.join("")}</div>`;
}
