/** The words that Python keeps for itself. */
const keywords = new Set(
  "False None True and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield".split(
    " ",
  ),
);

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
  return identifier.test(name) && name.length <= maxCharacters && !keywords.has(name);
}

/** Tells whether a function of this name would hide one of Python's own. */
export function isTakenName(name: string): boolean {
  return taken.has(name);
}

/** Returns the nearest name that Python takes: `max-results` becomes `max_results`, `from` becomes `from_`. */
export function toPythonName(name: string): string {
  const letters = name.replaceAll(/[^A-Za-z0-9_]+/g, "_").slice(0, maxCharacters);
  const started = letters.replace(/^_+/, "").replace(/^(?=[0-9])/, "n");
  if (started === "") return "value";
  return keywords.has(started) ? `${started}_` : started;
}
