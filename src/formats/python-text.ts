/** Where a piece of Python source ends: in plain code, a comment, or a string that is still open. */
export type PythonPosition =
  | { readonly kind: "code" }
  | { readonly kind: "comment" }
  /** A string that cannot pass the end of its line. */
  | { readonly kind: "line-string"; readonly quote: string }
  /** A triple-quoted string. */
  | { readonly kind: "block-string"; readonly quote: string };

/**
 * Tells where `source` ends. Knows strings, escapes and comments, nothing more of the grammar;
 * a one-line string that is not closed ends with its line, as it does for Python's own error.
 * `openQuote` is the quote of the block string in which `source` starts.
 */
export function pythonPositionAtEnd(source: string, openQuote = ""): PythonPosition {
  let quote = openQuote;
  let comment = false;
  for (let index = 0; index < source.length; index++) {
    const char = source[index]!;
    if (comment) {
      comment = char !== "\n";
    } else if (quote === "") {
      if (char === "#") {
        comment = true;
      } else if (char === '"' || char === "'") {
        quote = source.startsWith(char.repeat(3), index) ? char.repeat(3) : char;
        index += quote.length - 1;
      }
    } else if (char === "\\") {
      index += 1;
    } else if (char === "\n" && quote.length === 1) {
      quote = "";
    } else if (source.startsWith(quote, index)) {
      index += quote.length - 1;
      quote = "";
    }
  }
  if (comment) return { kind: "comment" };
  if (quote === "") return { kind: "code" };
  return { kind: quote.length === 1 ? "line-string" : "block-string", quote };
}

const statement = new RegExp(
  [
    String.raw`[#@%!]`,
    String.raw`("""|''')`,
    String.raw`import [\w.]+\s*([,;#]|as\b|$)`,
    String.raw`from \.*[\w.]+ import\b`,
    String.raw`(async )?def \w+\s*\(`,
    String.raw`class \w+\s*[(:]`,
    String.raw`(for|while|if|with|try|async)\b.*:\s*(#.*)?$`,
    String.raw`(for|while|if|with)\b.*:\s*\w+.*[(=]`,
    String.raw`(pass|assert \w+|raise \w+|del \w+|global \w+|nonlocal \w+)\s*([,(;#=<>]|$)`,
    String.raw`(await\s+)?[A-Za-z_][\w.]*(\[[^\]]*\])*\(`,
    String.raw`[A-Za-z_][\w.]*\[[^\]]+\]`,
    String.raw`[A-Za-z_]\w*(\.[A-Za-z_]\w*)+\s*$`,
    // Assignments: to names, attributes, items and tuples of them, with or without a type.
    String.raw`[(*]?[A-Za-z_][\w.]*(\[[^\]]*\])*(\s*,\s*\*?[A-Za-z_][\w.]*(\[[^\]]*\])*)*\)?\s*(:\s*[\w.[\], |]+)?\s*(\*\*|//|>>|<<|[-+*/%&|^@])?=(?!=)`,
    // Arithmetic.
    String.raw`[\w.()[\]]+(\s*(\*\*|//|[-+*/%<>]|==)\s*[\w.()[\]]+)+\s*$`,
  ]
    .map((alternative) => `(?:${alternative})`)
    .join("|")
    .replace(/^/, "^(?:")
    .concat(")"),
);

/** Guesses from its first line whether a text is Python: statements, calls, assignments, arithmetic. */
export function looksLikePython(line: string): boolean {
  return statement.test(line.trim());
}

/** Removes the indentation of an indented first line from all lines that share it. */
export function dedent(code: string): string {
  const indent = /^[ \t]+/.exec(code)?.[0];
  if (indent === undefined) return code;
  return code
    .split("\n")
    .map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line))
    .join("\n");
}
