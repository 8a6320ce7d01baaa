import { verdicts } from "../verdict.ts";
import { escapeHtml } from "./html-text.ts";
import { pageHtml } from "./page.ts";
import type { Report } from "./report.ts";
import { reportTables } from "./report-tables.ts";
import type { Summary } from "./summary.ts";
import { percent, settingsText } from "./summary-table.ts";
import { barPlotSvg, partClass, plotStyle, stackedPlotSvg } from "./svg-plot.ts";
import { isNumeric, type Table } from "./text-table.ts";

/** Writes a report as a self-contained page. `trajectories`: the page on which they can be read, relative to it. */
export function reportHtml(report: Report, trajectories?: string): string {
  const link =
    trajectories === undefined
      ? ""
      : ` <a href="${escapeHtml(trajectories)}">Read the trajectories</a>.`;
  const plays = report.summaries.reduce((sum, summary) => sum + summary.plays, 0);
  return pageHtml({
    title: `${report.benchmark}: results`,
    style: plotStyle,
    body: [
      `<h1>${escapeHtml(report.benchmark)}</h1>`,
      `<p class="note">${plays} plays of tasks in ${report.summaries.length} ${report.summaries.length === 1 ? "run" : "runs"}.${link}</p>`,
      ...plots(report),
      ...reportTables(report).map(({ title, note, table }) =>
        section(title, note, `<div class="scroll">${tableHtml(table)}</div>`),
      ),
    ].join("\n"),
  });
}

function plots(report: Report): readonly string[] {
  const { summaries } = report;
  if (summaries.length === 0) return [];
  const publishedOf = ({ model, format, grading }: Summary) =>
    grading === "faithful"
      ? report.published.find((row) => row.model === model && row.format === format)
      : undefined;
  const known = summaries.some((summary) => publishedOf(summary) !== undefined);
  const formats = [...new Set(summaries.map(({ format }) => format))];
  const keys = [
    ...formats.map((format) => key(format, format)),
    ...(known ? [key("dot", "published")] : []),
  ];
  const success = barPlotSvg({
    title: "Success by model and format",
    max: 1,
    axis: (value) => `${Math.round(value * 100)} %`,
    bars: summaries.map((summary) => ({
      label: labelOf(summary),
      series: summary.format,
      value: summary.rate,
      interval: summary.rateInterval,
      published: asShare(publishedOf(summary)?.success),
      text: `${percent(summary.rate)} %`,
    })),
  });
  const mostTurns = Math.max(
    1,
    ...summaries.map(({ meanTurns, turnsInterval }) => turnsInterval?.high ?? meanTurns),
    ...summaries.map((summary) => publishedOf(summary)?.turns ?? 0),
  );
  const turns = barPlotSvg({
    title: "Turns by model and format",
    max: Math.ceil(mostTurns),
    axis: (value) => `${Number(value.toFixed(2))}`,
    bars: summaries.map((summary) => ({
      label: labelOf(summary),
      series: summary.format,
      value: summary.meanTurns,
      interval: summary.turnsInterval,
      published: publishedOf(summary)?.turns,
      text: summary.meanTurns.toFixed(2),
    })),
  });
  const used = verdicts.filter((verdict) => summaries.some((own) => own.verdicts[verdict] > 0));
  const ends = stackedPlotSvg(
    "How tasks ended",
    summaries.map((summary) => ({
      label: labelOf(summary),
      parts: used.map((name) => ({ name, value: summary.verdicts[name] })),
    })),
  );
  return [
    section("Success", undefined, `${keyList(keys)}${success}`),
    section("Turns", "Fewer is better.", `${keyList(keys)}${turns}`),
    section("Ends", undefined, `${keyList(used.map((name) => key(partClass(name), name)))}${ends}`),
    costPlot(summaries),
  ];
}

/** In dollars where all prices are known, else in tokens: a bar of nothing would say that a run was free. */
function costPlot(summaries: readonly Summary[]): string {
  const hasCost = summaries.every(({ cost }) => cost !== undefined);
  const perPlay = (summary: Summary): number =>
    (hasCost ? (summary.cost ?? 0) : summary.inputTokens + summary.outputTokens) /
    Math.max(summary.plays, 1);
  const text = (value: number): string =>
    hasCost ? `$${value.toFixed(4)}` : `${Math.round(value)}`;
  const plot = barPlotSvg({
    title: hasCost ? "Cost of a play in dollars" : "Tokens of a play",
    max: Math.max(...summaries.map(perPlay), hasCost ? 0.0001 : 1),
    axis: text,
    bars: summaries.map((summary) => ({
      label: labelOf(summary),
      series: summary.format,
      value: perPlay(summary),
      text: text(perPlay(summary)),
    })),
  });
  const isPartly = !hasCost && summaries.some(({ cost }) => cost !== undefined);
  return section(
    hasCost ? "Cost of a play" : "Tokens of a play",
    `Read and written, on average.${isPartly ? " Not all prices are known, so costs are in the table only." : ""}`,
    plot,
  );
}

function labelOf(summary: Summary): string {
  return `${summary.model}, ${summary.format}, ${settingsText(summary)}`;
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

function section(title: string, note: string | undefined, content: string): string {
  const said = note === undefined ? "" : `<p class="note">${escapeHtml(note)}</p>`;
  return `<section><h2>${escapeHtml(title)}</h2>${said}${content}</section>`;
}

function tableHtml({ header, rows }: Table): string {
  const isNumber = header.map((_, column) => isNumeric(rows[0]?.[column] ?? ""));
  const cells = (row: readonly string[], tag: "th" | "td"): string =>
    row
      .map((cell, column) => {
        const number = isNumber[column] === true ? ' class="number"' : "";
        return `<${tag}${number}>${escapeHtml(cell)}</${tag}>`;
      })
      .join("");
  const body = rows.map((row) => `<tr>${cells(row, "td")}</tr>`).join("\n");
  return `<table><thead><tr>${cells(header, "th")}</tr></thead><tbody>\n${body}\n</tbody></table>`;
}
