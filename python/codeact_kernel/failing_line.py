"""The values of the names on a failing line: type, size and a short repr of each."""

from __future__ import annotations

import ast
import builtins
import linecache
import types
from typing import Any, Iterator

from .guarded import BUILTINS

__builtins__ = BUILTINS  # type: ignore[assignment]

MAX_NAMES = 8
MAX_REPR_CHARACTERS = 80

_MISSING = object()
_UNTOLD = (types.ModuleType, type, types.FunctionType, types.BuiltinFunctionType, types.MethodType)


def values_on_line(frame: Any, line: int) -> list[str]:
    """Return one text per name on the line of a frame, such as ``x: int = 3``. Never runs properties."""
    found = []
    for name, value in names_on_line(frame, line):
        if isinstance(value, _UNTOLD):
            continue
        found.append(f"{name}: {summary(value)}")
        if len(found) == MAX_NAMES:
            break
    return found


def names_on_line(frame: Any, line: int) -> Iterator[tuple[str, Any]]:
    """Yield the names (and dotted names) read on the line, with their values, each once."""
    seen = set()
    for node in nodes_on_line(frame.f_code.co_filename, line):
        if isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Load):
            name = dotted(node)
            if name and name not in seen:
                seen.add(name)
                value = lookup(node, frame)
                if value is not _MISSING:
                    yield name, value


def nodes_on_line(filename: str, line: int) -> list[ast.AST]:
    """Return the syntax nodes that begin on a line, in the order of the text."""
    from .transform import transform_cell

    lines = linecache.getlines(filename)
    try:
        tree = ast.parse(transform_cell("".join(lines)))
    except (SyntaxError, ValueError, RecursionError):
        return []
    nodes = [node for node in ast.walk(tree) if getattr(node, "lineno", None) == line]
    return sorted(nodes, key=lambda node: (node.col_offset, -(node.end_col_offset or 0)))


def dotted(node: ast.AST) -> str:
    """Return ``a.b.c`` for such a node, otherwise nothing."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        start = dotted(node.value)
        return f"{start}.{node.attr}" if start else ""
    return ""


def is_missing(value: Any) -> bool:
    """Tell whether `lookup` found nothing."""
    return value is _MISSING


def lookup(node: ast.AST, frame: Any) -> Any:
    """Return the value of a name or dotted name in a frame, without running any of the cell's code."""
    if isinstance(node, ast.Name):
        for scope in (frame.f_locals, frame.f_globals):
            if node.id in scope:
                return scope[node.id]
        return vars(builtins).get(node.id, _MISSING)
    if isinstance(node, ast.Attribute):
        owner = lookup(node.value, frame)
        try:
            members = object.__getattribute__(owner, "__dict__")
            return members.get(node.attr, _MISSING)
        except Exception:
            return _MISSING
    return _MISSING


def summary(value: Any) -> str:
    """Return type, size and a short repr of a value on one line."""
    kind = type(value).__name__
    size = _size(value)
    text = short_repr(value)
    head = f"{kind}, {size}" if size else kind
    return f"{head} = {text}" if text else head


def short_repr(value: Any, limit: int = MAX_REPR_CHARACTERS) -> str:
    """Return at most `limit` characters of a value's repr on one line; nothing when it tells nothing."""
    try:
        if type(value).__repr__ is object.__repr__:
            return ""
        if type(value).__name__ == "DataFrame":
            text = f"columns {[*map(str, value.columns[:12])]}"
        else:
            text = _short().repr(value)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return f"<repr failed: {type(error).__name__}>"
    text = " ".join(str(text).split())
    return text if len(text) <= limit else text[: limit - 3] + "..."


def _size(value: Any) -> str:
    try:
        shape = getattr(value, "shape", None)
        if isinstance(shape, tuple) and all(isinstance(n, int) for n in shape):
            kind = getattr(value, "dtype", None)
            return f"shape {shape}" + (f", dtype {kind}" if kind is not None else "")
        if isinstance(value, (list, tuple, dict, set, frozenset, str, bytes, bytearray)):
            return f"length {len(value)}"
    except KeyboardInterrupt:
        raise
    except BaseException:
        pass
    return ""


def _short() -> Any:
    import reprlib

    class Short(reprlib.Repr):
        def repr_instance(self, value: Any, level: int) -> str:
            try:
                return repr(value)[: self.maxother]
            except Exception as error:
                return f"<repr failed: {type(error).__name__}>"

    short = Short()
    short.maxlist = short.maxtuple = short.maxset = short.maxfrozenset = short.maxdict = 12
    short.maxdeque = short.maxarray = 12
    short.maxstring = MAX_REPR_CHARACTERS
    short.maxlong = short.maxother = MAX_REPR_CHARACTERS * 4
    short.maxlevel = 3
    return short
