"""The processes below this one: ending them and telling how they ended."""

from __future__ import annotations

import os
import signal
from typing import Any, Callable

_ROUNDS = 50
_THREADS = 17  # which field behind the name in /proc/PID/stat tells how many there are


def reap() -> dict[int, int]:
    """Collect every child that has ended, as pid -> wait status."""
    ended: dict[int, int] = {}
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended
        if pid == 0:
            return ended
        ended[pid] = status


def end_processes(find: Callable[[], list[int]]) -> None:
    """Kill the processes that `find` returns, again and again until there are none: they may be forking."""
    for _ in range(_ROUNDS):
        victims = find()
        if not victims:
            return
        for signal_number in (signal.SIGSTOP, signal.SIGKILL):
            for pid in victims:
                _kill(pid, signal_number)


def interrupt_group(pid: int) -> None:
    """Send SIGINT to the process and to those of its group, as a terminal does for Ctrl-C."""
    try:
        os.killpg(pid, signal.SIGINT)
    except ProcessLookupError:
        _kill(pid, signal.SIGINT)


def wake(pid: int) -> None:
    """Let the process go on if it is stopped and still there."""
    _kill(pid, signal.SIGCONT)


def kill(pid: int) -> None:
    """Kill the process if it is still there."""
    _kill(pid, signal.SIGKILL)


def describe_exit(status: int) -> dict[str, Any]:
    """Return a wait status as the wire's `crash` object."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        return {"reason": "signal", "signal": _signal_name(number)}
    return {"reason": "exit", "exitCode": os.WEXITSTATUS(status)}


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"SIG{number}"


def _kill(pid: int, signal_number: int) -> None:
    try:
        os.kill(pid, signal_number)
    except (ProcessLookupError, PermissionError):
        pass


def descendants(root: int) -> list[int]:
    """Return the pids below `root`, without those that have ended."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            parent = _parent(int(name))
            if parent is not None:
                children.setdefault(parent, []).append(int(name))
    found: list[int] = []
    waiting = [root]
    while waiting:
        for pid in children.get(waiting.pop(), ()):
            found.append(pid)
            waiting.append(pid)
    return found


def _parent(pid: int) -> int | None:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split(None, _THREADS + 1)
        has_ended = fields[0] == b"Z" and int(fields[_THREADS]) < 2  # its first thread may end before the others
        return None if has_ended else int(fields[1])
    except (OSError, ValueError, IndexError):
        return None
