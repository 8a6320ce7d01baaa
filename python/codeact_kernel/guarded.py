"""What the kernel relies on, bound before any cell can replace it.

A module that starts with ``__builtins__ = BUILTINS`` keeps working when a cell replaces or deletes
names of the real ``builtins``: its functions look them up in this copy.
"""

from __future__ import annotations

import builtins
from operator import is_
from typing import Any

BUILTINS: dict[str, Any] = dict(vars(builtins))

_NAMES = tuple(BUILTINS)
_VALUES = tuple(BUILTINS.values())
_live = vars(builtins)


def repair_builtins() -> None:
    """Put back built-in functions and types that a cell deleted or replaced by something uncallable.

    A replacement that can be called, such as a cell's own `print`, stays.
    """
    if all(map(is_, map(_live.get, _NAMES), _VALUES)):
        return
    for name, value in BUILTINS.items():
        current = _live.get(name)
        if current is not value and callable(value) and not callable(current):
            _live[name] = value
