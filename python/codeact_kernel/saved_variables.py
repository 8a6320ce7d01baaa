"""Saves the variables of a session to a file and brings them back in another, as far as that is possible.

Both run inside the session. Values are pickled; the host keeps the file as bytes and never unpickles it.
Modules are imported again. Functions and classes of cells are defined again from their source.
"""

from __future__ import annotations

import ast
import importlib
import io
import json
import linecache
import os
import pickle
import re
import sys
import types
import zipfile
from typing import Any, Iterable, Iterator, Optional

from .guarded import BUILTINS
from .transform import transform_cell

__builtins__ = BUILTINS  # type: ignore[assignment]

FORMAT = 1
MAX_VARIABLE_BYTES = 128 * 1024**2
MAX_TOTAL_BYTES = 256 * 1024**2
MAX_REPORTED = 500

_ATTEMPTS = 3

# Protocol 4 numbers remembered objects by their order, so that one value that fails would shift all later ones.
_PROTOCOL = 3
_KERNEL_NAME = re.compile(r"In|Out|_+|_i*\d*|__\w+__")
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)

# Where the session's files lie; set by the worker.
folder = "."

# The sources of definitions that came from a file, by name: the cells that held them are not in `In`.
_restored_sources: dict[str, str] = {}


def save(namespace: dict[str, Any], name: str) -> dict[str, Any]:
    """Write the variables to the file `name` of the session's folder; return what was saved and what was not.

    Raises OSError when the file can't be written.
    """
    skipped: dict[str, str] = {}
    for _ in range(_ATTEMPTS):
        failed = len(skipped)
        saved = _write(namespace, os.path.join(folder, name), skipped)
        # A value that fails splits those around it into groups that share nothing: without it they need not be.
        if len(skipped) == failed:
            break
    return {
        "saved": saved[:MAX_REPORTED],
        "skipped": [{"name": name, "reason": skipped[name]} for name in sorted(skipped)][:MAX_REPORTED],
    }


def restore(namespace: dict[str, Any], name: str) -> dict[str, Any]:
    """Bring back what the file `name` of the session's folder holds, and remove it.

    Return the names of modules, definitions and values that are back, and the rest with reasons. Raises OSError
    and zipfile.BadZipFile when the file can't be read.
    """
    path = os.path.join(folder, name)
    with zipfile.ZipFile(path) as archive:
        index = json.loads(archive.read("index.json"))
        problems: dict[str, str] = index["skipped"]
        modules = [name for name, module in index["modules"].items() if _import(namespace, name, module, problems)]
        _restored_sources.update({entry["name"]: entry["source"] for entry in index["definitions"]})
        entries = index["values"]
        values = _load(namespace, archive, [entry for entry in entries if entry["reference"]], problems)
        waiting = _define(namespace, index["definitions"], problems)
        values += _load(namespace, archive, [entry for entry in entries if not entry["reference"]], problems)
        if waiting and len(_define(namespace, waiting, problems)) < len(waiting):  # some needed a value as a default
            groups = {entry["group"] for entry in entries if entry["name"] in problems}
            values += _load(namespace, archive, [entry for entry in entries if entry["group"] in groups], problems)
    os.remove(path)
    definitions = [entry["name"] for entry in index["definitions"] if entry["name"] not in problems]
    return {
        "modules": sorted(modules)[:MAX_REPORTED],
        "definitions": sorted(definitions)[:MAX_REPORTED],
        "values": sorted(set(values))[:MAX_REPORTED],
        "missing": [{"name": name, "reason": reason} for name, reason in sorted(problems.items())][:MAX_REPORTED],
    }


def remove(name: str) -> None:
    """Remove the file `name` of the session's folder."""
    os.remove(os.path.join(folder, name))


def _write(namespace: dict[str, Any], path: str, skipped: dict[str, str]) -> list[str]:
    """Write all but what is `skipped`, add what fails to that, and return the names that were written."""
    sources = _Sources(namespace.get("In"))
    modules: dict[str, str] = {}
    definitions: list[dict[str, str]] = []
    names = [name for name in _names(namespace) if name not in skipped]
    # What cells imported from modules comes first: definitions need it, as decorators and base classes.
    references = [name for name in names if _is_reference(namespace[name])]
    with zipfile.ZipFile(path, "w") as archive:
        groups = _Groups(archive)
        for name in [*references, *(name for name in names if name not in references)]:
            value = namespace[name]
            source = sources.definition(name, value)
            if isinstance(value, types.ModuleType):
                modules[name] = value.__name__
            elif source is not None:
                definitions.append({"name": name, "source": source})
            else:
                problem = groups.add(name, value, is_reference=name in references)
                if problem is not None:
                    skipped[name] = problem
        index = {
            "format": FORMAT,
            "modules": modules,
            "definitions": sorted(definitions, key=lambda entry: sources.position(entry["name"])),
            "values": groups.entries,
            "skipped": skipped,
        }
        archive.writestr("index.json", json.dumps(index))
    return sorted([*modules, *(entry["name"] for entry in definitions + groups.entries)])


def _names(namespace: dict[str, Any]) -> Iterator[str]:
    for name in sorted(name for name in namespace if isinstance(name, str)):
        if not _KERNEL_NAME.fullmatch(name):
            yield name


class _Sources:
    """The statements of all cells that bind a function or a class, by name; later ones win."""

    def __init__(self, cells: Any) -> None:
        self._found: dict[str, tuple[int, ast.stmt, str]] = {}
        sources = [*_restored_sources.values(), *(cells if isinstance(cells, list) else [])]
        for number, cell in enumerate(sources):
            if not isinstance(cell, str) or not cell.strip():
                continue
            try:
                text = transform_cell(cell)
                statements = compile(text, "<saved>", "exec", ast.PyCF_ONLY_AST | 0x2000, True).body  # type: ignore[attr-defined]
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                continue
            for statement in statements:
                for name in _bound(statement):
                    order = number * 1_000_000 + statement.lineno
                    self._found[name] = (order, statement, _text_of(statement, text))

    def definition(self, name: str, value: Any) -> Optional[str]:
        """Return the source of a function or class that a cell defined under this name."""
        if name not in self._found or getattr(value, "__module__", None) != "__main__":
            return None
        _, statement, text = self._found[name]
        if isinstance(statement, _DEFINITIONS):
            is_defined = getattr(value, "__qualname__", None) == name
            return text if is_defined else None
        # An assignment is only run again where it does nothing but define.
        expression = getattr(statement, "value", None)
        if isinstance(expression, ast.Lambda) and isinstance(value, types.FunctionType):
            return text
        if isinstance(expression, ast.Call) and isinstance(value, type):
            return text
        return None

    def position(self, name: str) -> int:
        return self._found[name][0]


def _bound(statement: ast.stmt) -> Iterable[str]:
    if isinstance(statement, _DEFINITIONS):
        return (statement.name,)
    if isinstance(statement, ast.Assign):
        return tuple(target.id for target in statement.targets if isinstance(target, ast.Name))
    return ()


def _text_of(statement: ast.stmt, text: str) -> str:
    if isinstance(statement, _DEFINITIONS):
        first = min([statement.lineno, *(entry.lineno for entry in statement.decorator_list)])
        return "\n".join(text.splitlines()[first - 1 : statement.end_lineno])
    return ast.get_source_segment(text, statement) or ""


class _Groups:
    """Pickles values one after the other. Values of one group that share an object share it again afterwards.

    A value that fails ends its group: what it left in the pickler's memory was never written.
    """

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.entries: list[dict[str, Any]] = []
        self._archive = archive
        self._left = MAX_TOTAL_BYTES
        self._group = 0
        self._holds_references = True
        self._start_group()

    def _start_group(self) -> None:
        self._group += 1
        self._buffer = _CappedBuffer()
        self._pickler = pickle.Pickler(self._buffer, _PROTOCOL)

    def add(self, name: str, value: Any, is_reference: bool = False) -> Optional[str]:
        """Add a value; return why that is impossible, if it is."""
        if is_reference != self._holds_references:
            self._start_group()
        self._holds_references = is_reference
        if _size(value) > MAX_VARIABLE_BYTES:
            return f"it takes more than {MAX_VARIABLE_BYTES // 1024**2} MiB"
        self._buffer.limit = min(MAX_VARIABLE_BYTES, self._left)
        try:
            self._pickler.dump(value)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            self._start_group()
            return _describe(error)
        data = self._buffer.take()
        self._left -= len(data)
        entry = f"values/{len(self.entries)}"
        self._archive.writestr(entry, data)
        self.entries.append({"name": name, "entry": entry, "group": self._group, "reference": is_reference})
        return None


class _CappedBuffer(io.BytesIO):
    """Takes bytes up to a limit, then raises ValueError."""

    limit = 0

    def write(self, data: Any) -> int:
        if self.tell() + len(data) > self.limit:
            raise ValueError("the variables together take too much room")
        return super().write(data)

    def take(self) -> bytes:
        """Return what was written, and forget it."""
        data = self.getvalue()
        self.seek(0)
        self.truncate()
        return data


def _is_reference(value: Any) -> bool:
    """Tell whether a value is pickled as the name of something in a module."""
    is_definition = isinstance(value, (type, types.FunctionType, types.BuiltinFunctionType))
    return is_definition and getattr(value, "__module__", None) != "__main__"


def _size(value: Any) -> int:
    try:
        if type(value).__name__ == "DataFrame":
            return int(value.memory_usage(index=True).sum())
        return int(getattr(value, "nbytes", 0))
    except Exception:
        return 0


def _import(namespace: dict[str, Any], name: str, module: str, problems: dict[str, str]) -> bool:
    try:
        namespace[name] = importlib.import_module(module)
        return True
    except Exception as error:
        problems[name] = _describe(error)
        return False


def _define(
    namespace: dict[str, Any], definitions: list[dict[str, str]], problems: dict[str, str]
) -> list[dict[str, str]]:
    """Run definitions in their order and return those that failed."""
    failed = []
    for entry in definitions:
        name, source = entry["name"], entry["source"]
        filename = f"<cell {name} of the earlier session>"
        linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
        try:
            exec(compile(source, filename, "exec", 0, True), namespace)
            problems.pop(name, None)
        except Exception as error:
            problems[name] = _describe(error)
            failed.append(entry)
    return failed


def _load(
    namespace: dict[str, Any], archive: zipfile.ZipFile, entries: list[dict[str, Any]], problems: dict[str, str]
) -> list[str]:
    back = []
    group: Any = None
    for entry in entries:
        name = entry["name"]
        if group != entry["group"]:
            group = entry["group"]
            source = _Source()
            unpickler = pickle.Unpickler(source)
        source.data = io.BytesIO(archive.read(entry["entry"]))
        try:
            namespace[name] = unpickler.load()
            problems.pop(name, None)
            back.append(name)
        except Exception as error:
            problems[name] = _describe(error)
    return back


class _Source:
    """A file for an unpickler that reads one value after the other."""

    data = io.BytesIO()

    def read(self, size: int = -1) -> bytes:
        return self.data.read(size)

    def readline(self) -> bytes:
        return self.data.readline()


def _describe(error: BaseException) -> str:
    text = re.sub(r"\s+", " ", f"{error}").strip() or type(error).__name__
    return text if len(text) <= 200 else f"{text[:199]}…"


def report(action: str, name: str) -> None:
    """Run `save`, `restore` or `remove` for the cells' namespace and print what it returns as a line of JSON."""
    namespace = vars(sys.modules["__main__"])
    actions = {"save": save, "restore": restore, "remove": lambda _, name: remove(name)}
    sys.stdout.write(json.dumps(actions[action](namespace, name)) + "\n")
