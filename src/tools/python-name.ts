/** Words that are no names in Python. */
const keywords = new Set(
  (
    "False None True and as assert async await break class continue def del elif else except finally for from " +
    "global if import in is lambda nonlocal not or pass raise return try while with yield"
  ).split(" "),
);

/** Turns any name into one that Python takes: `create-issue` becomes `create_issue`, `class` becomes `class_`. */
export function pythonName(name: string): string {
  const cleaned = name.normalize("NFKC").replaceAll(/[^A-Za-z0-9_]+/g, "_");
  const started = /^[A-Za-z_]/.test(cleaned) ? cleaned : `_${cleaned}`;
  return keywords.has(started) ? `${started}_` : started;
}

/** Like `pythonName`, but different from all names in `taken`, to which it is added. */
export function uniquePythonName(name: string, taken: Set<string>): string {
  const base = pythonName(name);
  let unique = base;
  for (let count = 2; taken.has(unique); count += 1) unique = `${base}_${count}`;
  taken.add(unique);
  return unique;
}
