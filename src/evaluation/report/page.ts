import { createHash } from "node:crypto";
import { escapeHtml } from "./html-text.ts";

/** A page that needs nothing but itself. */
export interface Page {
  readonly title: string;
  /** HTML, escaped where it is not ours. */
  readonly body: string;
  readonly style?: string;
  readonly script?: string;
}

/** Writes a self-contained page. Its policy lets it load nothing and run no script but its own. */
export function pageHtml({ title, body, style = "", script }: Page): string {
  const hash = createHash("sha256")
    .update(script ?? "")
    .digest("base64");
  const scripts = script === undefined ? "'none'" : `'sha256-${hash}'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src ${scripts}">
<title>${escapeHtml(title)}</title>
<style>${pageStyle}${style}</style>
</head>
<body>
<main>
${body}
</main>
${script === undefined ? "" : `<script>${script}</script>`}
</body>
</html>
`;
}

const pageStyle = `
:root { color-scheme: light dark; --ink: #1d2430; --soft: #5c6675; --line: #d8dde4; --ground: #fff; --tint: #f5f7f9;
  --code: #0072b2; --json: #c77700; --text: #00856a; --good: #00856a; --bad: #b3402a; --warn: #9a6a00; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ee; --soft: #9aa4b2; --line: #343b46; --ground: #14181e;
  --tint: #1c222a; --code: #56b4e9; --json: #e6a532; --text: #3fc79a; --good: #3fc79a; --bad: #f08a70; --warn: #e6b84c; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 76rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; overflow-wrap: anywhere; } h2 { font-size: 1.15rem; margin: 2.25rem 0 .4rem; }
p.note { color: var(--soft); margin: .25rem 0 .75rem; max-width: 46rem; }
a { color: var(--code); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem 1rem .3rem 0; text-align: left; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { color: var(--soft); font-weight: 600; vertical-align: bottom; } td.number, th.number { text-align: right; }
th:first-child, td:first-child { position: sticky; left: 0; background: var(--ground); white-space: normal; overflow-wrap: anywhere; min-width: 8.5rem; }
td.words { white-space: normal; min-width: 18rem; }
@media print { body { font-size: 12px; } main { max-width: none; padding: 0; } .scroll { overflow: visible; } table { font-size: .6rem; } th, td { padding-right: .5rem; }
  svg, tr, .plots section { break-inside: avoid; } th:first-child, td:first-child { position: static; }
  h2 { break-after: avoid; } }
`;
