/** The class of a part, such as `turn-limit`. */
export function partClass(name: string): string {
  return name.replaceAll(/[^a-z]+/g, "-");
}

const partColors = {
  correct: "#1b7f5c",
  wrong: "#b3402a",
  "turn-limit": "#a86200",
  malformed: "#7a4fa3",
  "context-limit": "#66741d",
  refused: "#a8326e",
  stuck: "#80651d",
  "model-error": "#4a5568",
  timeout: "#2f6f9f",
  infrastructure: "#6b7583",
};

/** The look of all plots. */
export const plotStyle = `
svg { display: block; width: 100%; max-width: 480px; height: auto; font: 11.5px system-ui, sans-serif; }
svg text { fill: var(--ink); } svg .label { text-anchor: end; fill: var(--soft); } svg .group { font-weight: 600; } svg .tell { fill: var(--soft); } svg .group, svg .tell { paint-order: stroke; stroke: var(--ground); stroke-width: 4px; }
svg .tick { fill: var(--soft); text-anchor: middle; } svg .inside { text-anchor: middle; fill: #fff; font-weight: 600; } svg .grid { stroke: var(--line); }
svg rect.code { fill: var(--code); } svg rect.json { fill: var(--json); } svg rect.text { fill: var(--text); }
svg .interval { stroke: var(--ink); fill: none; stroke-width: 1.25; opacity: .75; }
svg .published { fill: var(--ground); stroke: var(--ink); stroke-width: 1.5; }
${Object.entries(partColors)
  .map(
    ([name, color]) => `.part.${name} { fill: ${color}; } .key.${name} { background: ${color}; }`,
  )
  .join("\n")}
.keys { display: flex; flex-wrap: wrap; gap: .3rem 1rem; font-size: .85rem; color: var(--soft); margin: 0 0 .5rem; }
.key { display: inline-block; width: .75rem; height: .75rem; margin-right: .35rem; vertical-align: -1px; print-color-adjust: exact; }
.key.code { background: var(--code); } .key.json { background: var(--json); } .key.text { background: var(--text); }
.key.dot { border: 1.5px solid var(--ink); border-radius: 50%; }
`;
