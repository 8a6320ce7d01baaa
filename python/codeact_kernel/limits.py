"""Limits that the system enforces on the processes of a session."""

from __future__ import annotations

import resource


# Kind: (soft, hard). A process that asks for more gets as much as the hard limit.
# The hard limit of descriptors is below the supervisor's: the kernel counts the descriptors that lie in
# sockets per user, over all sessions, and refuses whoever has a lower limit than that count.
_RESOURCES = {
    resource.RLIMIT_CORE: (0, 0),
    resource.RLIMIT_NOFILE: (1024, 4096),
    getattr(resource, "RLIMIT_MSGQUEUE", 12): (819_200, 819_200),
    resource.RLIMIT_MEMLOCK: (8 << 20, 8 << 20),
    getattr(resource, "RLIMIT_SIGPENDING", 11): (4096, 4096),
    getattr(resource, "RLIMIT_RTPRIO", 14): (0, 0),
    getattr(resource, "RLIMIT_NICE", 13): (0, 0),
}


def limit_resources() -> None:
    """Hold this process, and all that it will start, to what no session needs more of. Raises OSError."""
    for kind, (soft, hard) in _RESOURCES.items():
        _, highest = resource.getrlimit(kind)
        if highest != resource.RLIM_INFINITY:
            soft, hard = min(soft, highest), min(hard, highest)
        resource.setrlimit(kind, (soft, hard))


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
