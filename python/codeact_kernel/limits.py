"""Limits that the system enforces on the processes of a session."""

from __future__ import annotations

import resource


def limit_process(pid: int, limits: dict[str, int]) -> None:
    """Hold the process, and all that it will start, to the session's `limits`. Raises OSError."""
    for kind, value in (
        (resource.RLIMIT_NPROC, limits["processes"]),
        (resource.RLIMIT_FSIZE, limits["fileBytes"]),
        (resource.RLIMIT_AS, _address_space(pid) + limits["memoryBytes"]),
    ):
        _, highest = resource.prlimit(pid, kind)
        allowed = value if highest == resource.RLIM_INFINITY else min(value, highest)
        resource.prlimit(pid, kind, (allowed, allowed))


def _address_space(pid: int) -> int:
    """Return what the process has mapped already, most of it shared, in bytes."""
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[0]) * resource.getpagesize()
