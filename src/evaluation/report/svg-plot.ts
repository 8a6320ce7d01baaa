import { escapeHtml } from "./html-text.ts";
import type { Interval } from "./bootstrap.ts";

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

export interface BarPlot {
  /** What the bars show, for people who can't see them. */
  readonly title: string;
  readonly bars: readonly Bar[];
  /** The value at the right edge. */
  readonly max: number;
  readonly axis: (value: number) => string;
}

const width = 860;
const labelWidth = 300;
const valueWidth = 80;
const rowHeight = 26;
const barHeight = 14;
const axisHeight = 24;
const plotWidth = width - labelWidth - valueWidth;

/** Draws horizontal bars as SVG; all words in it are escaped. */
export function barPlotSvg({ title, bars, max, axis }: BarPlot): string {
  const scale = (value: number): number =>
    labelWidth + (Math.max(0, value) / (max || 1)) * plotWidth;
  const height = bars.length * rowHeight + axisHeight;
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) => share * max);
  const grid = ticks.map((tick) => {
    const x = scale(tick).toFixed(1);
    return `<line x1="${x}" y1="0" x2="${x}" y2="${height - axisHeight}" class="grid"/><text x="${x}" y="${height - 6}" class="tick">${escapeHtml(axis(tick))}</text>`;
  });
  const rows = bars.map((bar, index) => barSvg(bar, index * rowHeight, scale));
  return svg(title, height, [...grid, ...rows]);
}

function barSvg(bar: Bar, top: number, scale: (value: number) => number): string {
  const middle = top + rowHeight / 2;
  const end = scale(bar.value);
  const parts = [
    labelSvg(bar.label, middle),
    `<rect x="${labelWidth}" y="${middle - barHeight / 2}" width="${Math.max(end - labelWidth, 1).toFixed(1)}" height="${barHeight}" class="${seriesClass(bar.series)}"/>`,
  ];
  let right = end;
  if (bar.interval !== undefined) {
    const low = scale(bar.interval.low);
    const high = scale(bar.interval.high);
    right = Math.max(right, high);
    parts.push(
      `<path d="M${low.toFixed(1)} ${middle}H${high.toFixed(1)}M${low.toFixed(1)} ${middle - 4}v8M${high.toFixed(1)} ${middle - 4}v8" class="interval"/>`,
    );
  }
  if (bar.published !== undefined) {
    const x = scale(bar.published);
    right = Math.max(right, x + 4);
    parts.push(`<circle cx="${x.toFixed(1)}" cy="${middle}" r="4" class="published"/>`);
  }
  parts.push(
    `<text x="${(right + 8).toFixed(1)}" y="${middle + 4}">${escapeHtml(bar.text)}</text>`,
  );
  return parts.join("");
}

/** A row whose parts add up to a whole. */
export interface StackedRow {
  readonly label: string;
  readonly parts: readonly { readonly name: string; readonly value: number }[];
}

/** Draws rows of shares of a whole; the class of each part is its name. */
export function stackedPlotSvg(title: string, rows: readonly StackedRow[]): string {
  const drawn = rows.map(({ label, parts }, index) => {
    const middle = index * rowHeight + rowHeight / 2;
    const total = parts.reduce((sum, { value }) => sum + value, 0) || 1;
    let x = labelWidth;
    const rects = parts.map(({ name, value }) => {
      const length = (value / total) * (plotWidth + valueWidth);
      const text =
        length > 22
          ? `<text x="${(x + length / 2).toFixed(1)}" y="${middle + 4}" class="inside">${value}</text>`
          : "";
      const rect = `<g><title>${escapeHtml(`${name}: ${value}`)}</title><rect x="${x.toFixed(1)}" y="${middle - barHeight / 2 - 2}" width="${length.toFixed(1)}" height="${barHeight + 4}" class="part ${partClass(name)}"/>${text}</g>`;
      x += length;
      return value === 0 ? "" : rect;
    });
    return labelSvg(label, middle) + rects.join("");
  });
  return svg(title, rows.length * rowHeight + 4, drawn);
}

function labelSvg(label: string, middle: number): string {
  const short = label.length > 44 ? `${label.slice(0, 43)}…` : label;
  return `<g><title>${escapeHtml(label)}</title><text x="${labelWidth - 10}" y="${middle + 4}" class="label">${escapeHtml(short)}</text></g>`;
}

function svg(title: string, height: number, parts: readonly string[]): string {
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(title)}">${parts.join("")}</svg>`;
}

/** Names become classes, so that only known ones do. */
function seriesClass(series: string): string {
  return ["code", "json", "text"].includes(series) ? series : "code";
}

/** The class of a part, such as `turn-limit`. */
export function partClass(name: string): string {
  return name.replaceAll(/[^a-z]+/g, "-");
}

/** The look of all plots. */
export const plotStyle = `
svg { width: 100%; max-width: ${width}px; height: auto; font: 12px system-ui, sans-serif; }
svg text { fill: var(--ink); } svg .label { text-anchor: end; } svg .tick { fill: var(--soft); text-anchor: middle; }
svg .inside { text-anchor: middle; fill: var(--ground); font-weight: 600; } svg .grid { stroke: var(--line); }
svg rect.code { fill: var(--code); } svg rect.json { fill: var(--json); } svg rect.text { fill: var(--text); }
svg .interval { stroke: var(--ink); fill: none; stroke-width: 1.25; opacity: .75; }
svg .published { fill: var(--ground); stroke: var(--ink); stroke-width: 1.5; }
.part.correct, .key.correct { fill: #1b7f5c; background: #1b7f5c; } .part.wrong, .key.wrong { fill: #b3402a; background: #b3402a; }
.part.turn-limit, .key.turn-limit { fill: #c77700; background: #c77700; } .part.malformed, .key.malformed { fill: #7a4fa3; background: #7a4fa3; }
.part.context-limit, .key.context-limit { fill: #6b7a1e; background: #6b7a1e; }
.part.refused, .key.refused { fill: #a8326e; background: #a8326e; } .part.stuck, .key.stuck { fill: #8a6d1f; background: #8a6d1f; }
.part.model-error, .key.model-error { fill: #4a5568; background: #4a5568; } .part.timeout, .key.timeout { fill: #2f6f9f; background: #2f6f9f; }
.part.infrastructure, .key.infrastructure { fill: #8b95a3; background: #8b95a3; }
.keys { display: flex; flex-wrap: wrap; gap: .3rem 1rem; font-size: .85rem; color: var(--soft); margin: 0 0 .5rem; }
.key { display: inline-block; width: .75rem; height: .75rem; margin-right: .35rem; vertical-align: -1px; }
.key.code { background: var(--code); } .key.json { background: var(--json); } .key.text { background: var(--text); }
.key.dot { border: 1.5px solid var(--ink); border-radius: 50%; }
`;
