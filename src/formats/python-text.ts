/** Where a piece of Python source ends: in plain code, a comment, or a string that is still open. */
export type PythonPosition =
  | { readonly kind: "code" }
  | { readonly kind: "comment" }
  /** A string that cannot pass the end of its line. */
  | { readonly kind: "line-string"; readonly quote: string }
  /** A triple-quoted string. */
  | { readonly kind: "block-string"; readonly quote: string };

/** Reads Python source in pieces and tells where it ends so far. */
export interface PythonScanner {
  push(source: string): void;
  position(): PythonPosition;
}

/**
 * Creates a scanner. It knows strings, escapes and comments, nothing more of the grammar; a one-line string
 * that is not closed ends with its line, as it does for Python's own error.
 */
export function createPythonScanner(): PythonScanner {
  let quote = "";
  let comment = false;
  let escaped = false;
  /** One or two quotes at the end, which a third could make a triple quote. */
  let held = "";

  function read(source: string, final: boolean): void {
    for (let index = 0; index < source.length; index++) {
      const char = source[index]!;
      if (escaped) {
        escaped = false;
      } else if (comment) {
        comment = char !== "\n";
      } else if (quote !== "" && char === "\\") {
        escaped = true;
      } else if (char === "\n" && quote.length === 1) {
        quote = "";
      } else if (quote === "" && char === "#") {
        comment = true;
      } else if (quote === "" ? char === '"' || char === "'" : char === quote[0]) {
        const triple = source.startsWith(char.repeat(3), index);
        const atEnd =
          source.length - index < 3 && source.endsWith(char.repeat(source.length - index));
        if (!final && atEnd && quote.length !== 1) {
          held = source.slice(index);
          return;
        }
        if (quote === "") {
          quote = triple ? char.repeat(3) : char;
          index += quote.length - 1;
        } else if (quote.length === 1 || triple) {
          index += quote.length - 1;
          quote = "";
        }
      }
    }
  }

  return {
    push(source) {
      const whole = held + source;
      held = "";
      read(whole, false);
    },
    position() {
      const before = { quote, comment, escaped, held };
      read(held, true);
      const end: PythonPosition = comment
        ? { kind: "comment" }
        : quote === ""
          ? { kind: "code" }
          : { kind: quote.length === 1 ? "line-string" : "block-string", quote };
      ({ quote, comment, escaped, held } = before);
      return end;
    },
  };
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
