"""OpenMP's thread pools, which do not survive a fork: the copy would wait for ever for threads it does not have."""

from __future__ import annotations

import ctypes
import re

_LIBRARY = re.compile(r"\s(/\S*/lib(?:gomp|omp|iomp5)[^/\s]*\.so[^/\s]*)$", re.MULTILINE)
_PAUSE_HARD = 2  # omp_pause_hard, OpenMP 5.0, 3.2.44


def pause_openmp() -> None:
    """End the idle threads of every OpenMP runtime that this process has loaded; they come back with the next use.

    OpenBLAS needs no such help: it ends its own threads before a fork of the C library's.
    """
    with open("/proc/self/maps", encoding="utf-8", errors="replace") as file:
        paths = set(_LIBRARY.findall(file.read()))
    for path in paths:
        pause = getattr(_loaded(path), "omp_pause_resource_all", None)
        if pause is not None:
            pause(_PAUSE_HARD)


def _loaded(path: str) -> ctypes.CDLL | None:
    try:
        return ctypes.CDLL(path)
    except OSError:
        return None
