"""The traceback that Python itself would show, for comparison with the one that is written for models."""

from __future__ import annotations

import os
import traceback
from typing import Any, Optional

from .guarded import BUILTINS

__builtins__ = BUILTINS  # type: ignore[assignment]

MAX_FRAMES = 5000
MAX_DEPTH = 20

_KERNEL = os.path.dirname(os.path.abspath(__file__)) + os.sep


def python_traceback(error: BaseException) -> Optional[str]:
    """Return what the `traceback` module says of an exception, without frames of the kernel, in all its length.

    None where it says nothing within bounds: of very deep recursion, and of exceptions that can't be read.
    Raises only KeyboardInterrupt.
    """
    try:
        if not _is_bounded(error, 0):
            return None
        told = traceback.TracebackException.from_exception(error)
        _hide_kernel(told, 0)
        # An exception that no code raised, such as a syntax error of the cell, has no traceback above it.
        lines = told.format() if told.stack or _chained(told) else told.format_exception_only()
        return "".join(lines).rstrip("\n")
    except KeyboardInterrupt:
        raise
    except BaseException:
        return None


def _is_bounded(error: BaseException, depth: int) -> bool:
    frames = 0
    tb = error.__traceback__
    while tb is not None:
        frames += 1
        tb = tb.tb_next
    members = getattr(error, "exceptions", None)
    others = (error.__cause__, error.__context__, *(members if isinstance(members, tuple) else ()))
    return (
        frames <= MAX_FRAMES
        and depth <= MAX_DEPTH
        and len(others) <= 50
        and all(_is_bounded(other, depth + 1) for other in others if isinstance(other, BaseException))
    )


def _chained(told: Any) -> list[Any]:
    members = getattr(told, "exceptions", None) or []
    return [other for other in (told.__cause__, told.__context__, *members) if other is not None]


def _hide_kernel(told: Any, depth: int) -> None:
    """Leave out what ran the cell: frames up to the cell's first, and any of the kernel below it."""
    frames = [frame for frame in told.stack if not frame.filename.startswith((_KERNEL, "<frozen "))]
    first = next((index for index, frame in enumerate(frames) if frame.filename.startswith("<cell ")), 0)
    told.stack[:] = frames[first:]
    if depth <= MAX_DEPTH:
        for other in _chained(told):
            _hide_kernel(other, depth + 1)
