import { escapeHtml } from "./html-text.ts";
import type { Interval } from "./bootstrap.ts";
import { partClass } from "./plot-style.ts";

/** One bar, with its interval and, where there is one, a published value to compare with. */
export interface Bar {
  readonly label: string;
  /** Name of the colour: that of a format. */
  readonly series: string;
  readonly value: number;
  readonly interval?: Interval | undefined;
  readonly published?: number | undefined;
  /** The value in words, at the bar's end. */
  readonly text: string;
}

/** Rows that belong together, under a line of their own, or two. */
export interface PlotGroup<Row> {
  readonly label: string;
  /** What tells it from others of the same label. */
  readonly detail?: string;
  readonly rows: readonly Row[];
}

export interface BarPlot {
  /** What the bars show, for people who can't see them. */
  readonly title: string;
  readonly groups: readonly PlotGroup<Bar>[];
  /** The right end of the axis, at least the largest value; the default is the next round number. */
  readonly max?: number;
  readonly axis: (value: number) => string;
}

// So narrow that its words can still be read on a phone.
const width = 400;
const labelWidth = 40;
const valueWidth = 58;
const groupHeight = 20;
const rowHeight = 19;
const barHeight = 13;
const groupGap = 8;
const axisHeight = 20;
const plotWidth = width - labelWidth - valueWidth;
const detailHeight = 15;
const labelCharacters = 52;
const detailCharacters = 62;

/** Draws horizontal bars as SVG; all words in it are escaped. */
export function barPlotSvg({ title, groups, axis, ...plot }: BarPlot): string {
  const values = groups.flatMap(({ rows }) =>
    rows.flatMap(({ value, interval, published }) => [value, interval?.high ?? 0, published ?? 0]),
  );
  const ticks = roundTicks(plot.max ?? Math.max(...values, 0));
  const max = ticks.at(-1)!;
  const scale = (value: number): number => labelWidth + (Math.max(0, value) / max) * plotWidth;
  const height = heightOf(groups) + axisHeight;
  const grid = ticks.map((tick) => {
    const x = scale(tick).toFixed(1);
    return `<line x1="${x}" y1="0" x2="${x}" y2="${height - axisHeight}" class="grid"/><text x="${x}" y="${height - 5}" class="tick">${escapeHtml(axis(tick))}</text>`;
  });
  return svg(title, height, [...grid, ...groupsSvg(groups, (bar, top) => barSvg(bar, top, scale))]);
}

/** From 0 in equal round steps, three to six of them, to the first that is not below `max`. */
export function roundTicks(max: number): readonly number[] {
  if (!(max > 0)) return [0, 1];
  const power = 10 ** Math.floor(Math.log10(max / 3));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((one) => max / one <= 5)!;
  const count = Math.ceil(max / step - 1e-9);
  return Array.from({ length: count + 1 }, (_, index) => Number((index * step).toPrecision(12)));
}

function barSvg(bar: Bar, top: number, scale: (value: number) => number): string {
  const middle = top + rowHeight / 2;
  const end = scale(bar.value);
  const parts = [
    `<rect x="${labelWidth}" y="${middle - barHeight / 2}" width="${Math.max(end - labelWidth, 1).toFixed(1)}" height="${barHeight}" class="${seriesClass(bar.series)}"/>`,
  ];
  let right = end;
  if (bar.interval !== undefined) {
    const low = scale(bar.interval.low);
    const high = scale(bar.interval.high);
    right = Math.max(right, high);
    parts.push(
      `<path d="M${low.toFixed(1)} ${middle}H${high.toFixed(1)}M${low.toFixed(1)} ${middle - 3.5}v7M${high.toFixed(1)} ${middle - 3.5}v7" class="interval"/>`,
    );
  }
  if (bar.published !== undefined) {
    const x = scale(bar.published);
    right = Math.max(right, x + 4);
    parts.push(`<circle cx="${x.toFixed(1)}" cy="${middle}" r="4" class="published"/>`);
  }
  parts.push(
    `<text x="${(right + 6).toFixed(1)}" y="${middle + 4}">${escapeHtml(bar.text)}</text>`,
  );
  return labelSvg(bar.label, middle) + parts.join("");
}

/** A row whose parts add up to a whole. */
export interface StackedRow {
  readonly label: string;
  readonly parts: readonly { readonly name: string; readonly value: number }[];
}

/** Draws rows of shares of a whole; the class of each part is its name. */
export function stackedPlotSvg(title: string, groups: readonly PlotGroup<StackedRow>[]): string {
  return svg(title, heightOf(groups), groupsSvg(groups, stackSvg));
}

function stackSvg({ label, parts }: StackedRow, top: number): string {
  const middle = top + rowHeight / 2;
  const total = parts.reduce((sum, { value }) => sum + value, 0) || 1;
  let x = labelWidth;
  const rects = parts.map(({ name, value }) => {
    const length = (value / total) * (width - labelWidth);
    const text =
      length > 8 + `${value}`.length * 7
        ? `<text x="${(x + length / 2).toFixed(1)}" y="${middle + 4}" class="inside">${value}</text>`
        : "";
    const rect = `<g><title>${escapeHtml(`${name}: ${value}`)}</title><rect x="${x.toFixed(1)}" y="${middle - barHeight / 2 - 1}" width="${length.toFixed(1)}" height="${barHeight + 2}" class="part ${partClass(name)}"/>${text}</g>`;
    x += length;
    return value === 0 ? "" : rect;
  });
  return labelSvg(label, middle) + rects.join("");
}

function heightOf(groups: readonly PlotGroup<unknown>[]): number {
  return groups.reduce(
    (sum, group) => sum + headHeight(group) + group.rows.length * rowHeight + groupGap,
    0,
  );
}

function headHeight({ detail }: PlotGroup<unknown>): number {
  return groupHeight + (detail === undefined ? 0 : detailHeight);
}

function groupsSvg<Row>(
  groups: readonly PlotGroup<Row>[],
  rowSvg: (row: Row, top: number) => string,
): readonly string[] {
  let top = 0;
  return groups.flatMap((group) => {
    const { label, detail, rows } = group;
    const title = lineSvg(label, labelCharacters, top + 14, "group");
    const below =
      detail === undefined
        ? ""
        : lineSvg(detail, detailCharacters, top + 14 + detailHeight, "tell");
    top += headHeight(group);
    const drawn = rows.map((row, index) => rowSvg(row, top + index * rowHeight));
    top += rows.length * rowHeight + groupGap;
    return [title, below, ...drawn];
  });
}

/** A line from the left edge; of what is too long the middle is left out, because names differ at their ends. */
function lineSvg(text: string, characters: number, y: number, className: string): string {
  const half = Math.floor((characters - 1) / 2);
  const short = text.length > characters ? `${text.slice(0, half)}…${text.slice(-half)}` : text;
  return `<g><title>${escapeHtml(text)}</title><text x="0" y="${y}" class="${className}">${escapeHtml(short)}</text></g>`;
}

function labelSvg(label: string, middle: number): string {
  return `<text x="${labelWidth - 7}" y="${middle + 4}" class="label">${escapeHtml(label)}</text>`;
}

function svg(title: string, height: number, parts: readonly string[]): string {
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(title)}">${parts.join("")}</svg>`;
}

/** Names become classes, so that only known ones do. */
function seriesClass(series: string): string {
  return ["code", "json", "text"].includes(series) ? series : "code";
}
