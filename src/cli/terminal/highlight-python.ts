import highlighter from "highlight.js/lib/core";
import python from "highlight.js/lib/languages/python";
import type { TextStyle } from "./terminal-text.ts";

// Only the core and one grammar are loaded: the command must start fast.
highlighter.registerLanguage("python", python);

const styles: Readonly<Record<string, TextStyle>> = {
  keyword: "magenta",
  built_in: "cyan",
  literal: "yellow",
  number: "yellow",
  string: "green",
  comment: "gray",
  title: "blue",
  meta: "blue",
};

const entities: Readonly<Record<string, string>> = {
  "&amp;": "&",
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&#x27;": "'",
};

/** Colours Python code and returns its lines; each line carries all of its own styles. */
export function highlightPython(
  code: string,
  style: (style: TextStyle, text: string) => string,
): readonly string[] {
  const html = highlighter.highlight(code, { language: "python", ignoreIllegals: true }).value;
  const open: string[] = [];
  let line = "";
  const lines: string[] = [];

  for (const [token] of html.matchAll(/<span class="[^"]*">|<\/span>|\n|[^<\n]+/g)) {
    if (token === "</span>") open.pop();
    else if (token.startsWith("<span")) open.push(/hljs-(\w+?)_?[" ]/.exec(token)?.[1] ?? "");
    else if (token === "\n") {
      lines.push(line);
      line = "";
    } else {
      const text = token.replaceAll(
        /&(?:amp|lt|gt|quot|#x27);/g,
        (entity) => entities[entity] ?? "",
      );
      const chosen = styles[open.findLast((name) => name in styles) ?? ""];
      line += chosen === undefined ? text : style(chosen, text);
    }
  }
  return [...lines, line];
}
