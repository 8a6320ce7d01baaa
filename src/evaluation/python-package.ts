import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { pythonLiteral } from "../syntax/python-literal.ts";

const folder = fileURLToPath(new URL("../../python/codeact_benchmarks", import.meta.url));

/**
 * Python that makes a package of `codeact_benchmarks` importable in a session that sees no file of the host. It leaves
 * no names behind.
 */
export function importablePackage(name: string): string {
  return `def _make_importable():
    import importlib.abc, importlib.util, sys
    sources = ${pythonLiteral(sourcesOf(name))}
    class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
        def find_spec(self, name, path=None, target=None):
            if name in sources:
                package = any(other.startswith(name + ".") for other in sources)
                return importlib.util.spec_from_loader(name, self, is_package=package)
        def create_module(self, spec):
            return None
        def exec_module(self, module):
            exec(compile(sources[module.__name__], module.__name__ + ".py", "exec"), module.__dict__)
    sys.meta_path.insert(0, Finder())
_make_importable()
del _make_importable`;
}

/** The sources of a package by their dotted names. */
function sourcesOf(name: string): Readonly<Record<string, string>> {
  const root = "codeact_benchmarks";
  const sources: Record<string, string> = { [root]: readFileSync(`${folder}/__init__.py`, "utf8") };
  for (const file of readdirSync(`${folder}/${name}`).filter((entry) => entry.endsWith(".py"))) {
    const module = file === "__init__.py" ? "" : `.${file.slice(0, -".py".length)}`;
    sources[`${root}.${name}${module}`] = readFileSync(`${folder}/${name}/${file}`, "utf8");
  }
  return sources;
}
