"""Lists the variables of a session, with types, sizes and previews."""

from __future__ import annotations

import sys
import types
from typing import Any, Iterable

from .failing_line import short_repr
from .guarded import BUILTINS

__builtins__ = BUILTINS  # type: ignore[assignment]

MAX_VARIABLES = 500

_OWN = frozenset(("In", "Out", "display", "get_ipython", "exit", "quit"))


def list_variables(namespace: dict[str, Any], limit: int = MAX_VARIABLES) -> list[dict[str, Any]]:
    """Return name, type, preview and, where known, shape, length and bytes of each variable.

    Modules, private names and the kernel's own are left out. Never raises for what a value does.
    """
    found = []
    for name in sorted(_names(namespace)):
        value = namespace.get(name)
        if isinstance(value, types.ModuleType):
            continue
        found.append({"name": name, **_describe(value)})
        if len(found) == limit:
            break
    return found


def _names(namespace: dict[str, Any]) -> Iterable[str]:
    for name in list(namespace):
        if isinstance(name, str) and not name.startswith("_") and name not in _OWN:
            yield name


def _describe(value: Any) -> dict[str, Any]:
    described: dict[str, Any] = {"type": type(value).__name__}
    try:
        shape = getattr(value, "shape", None)
        if isinstance(shape, tuple) and all(isinstance(n, int) for n in shape):
            described["shape"] = [int(n) for n in shape]
    except Exception:
        pass
    try:
        if not isinstance(value, type):
            described["length"] = len(value)
    except Exception:
        pass
    size = _size(value)
    if size is not None:
        described["sizeBytes"] = size
    described["preview"] = short_repr(value)
    return described


def _size(value: Any) -> Any:
    try:
        size = getattr(value, "nbytes", None)
        if type(value).__name__ == "DataFrame":
            size = value.memory_usage(index=True).sum()
        return int(sys.getsizeof(value) if size is None else size)
    except Exception:
        return None
