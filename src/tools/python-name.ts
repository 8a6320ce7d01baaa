import { pythonKeywords } from "../syntax/python-keywords.ts";

/** Names that code expects to be Python's own, or the interpreter's. */
const taken = new Set(
  "abs aiter all anext any ascii bin bool breakpoint bytearray bytes callable chr classmethod compile complex copyright credits delattr dict dir display divmod enumerate eval exec exit filter float format frozenset get_ipython getattr globals hasattr hash help hex id input int isinstance issubclass iter len license list locals map max memoryview min next object oct open ord pow print property quit range repr reversed round set setattr slice sorted staticmethod str sum super tuple type vars zip In Out ToolError".split(
    " ",
  ),
);

const maxCharacters = 80;
const identifier = /^(?!__)[A-Za-z_][A-Za-z0-9_]*$/;

/** Tells whether Python takes `name` for a function, a parameter or a module. */
export function isPythonName(name: string): boolean {
  return identifier.test(name) && name.length <= maxCharacters && !pythonKeywords.has(name);
}

/** Tells whether a function of this name would hide one of Python's own. */
export function isTakenName(name: string): boolean {
  return taken.has(name);
}

/** Turns any name into one that Python takes: `create-issue` becomes `create_issue`, `class` becomes `class_`. */
export function pythonName(name: string): string {
  const cleaned = name
    .normalize("NFKC")
    .replaceAll(/[^A-Za-z0-9_]+/g, "_")
    .replace(/^_+/, "_")
    .slice(0, maxCharacters);
  const started = /^[A-Za-z_]/.test(cleaned) ? cleaned : `_${cleaned}`;
  return pythonKeywords.has(started) ? `${started}_` : started;
}

/** Like `pythonName`, but different from all names in `taken`, to which it is added. */
export function uniquePythonName(name: string, taken: Set<string>): string {
  const base = pythonName(name);
  let unique = base;
  for (let count = 2; taken.has(unique); count += 1) unique = `${base}_${count}`;
  taken.add(unique);
  return unique;
}
