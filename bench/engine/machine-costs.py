"""Measures what the engine's figures are made of on this machine; run it with the environment's Python.

Forks of a process with the usual packages, copies of pages after a fork, and the wake-ups of a chain of processes.
"""

from __future__ import annotations

import ctypes
import importlib
import mmap
import os
import signal
import socket
import statistics
import time
from typing import Callable

_PAGES = 20_000
_ROUNDS = 60
_PAUSE_SECONDS = 0.02


def main() -> None:
    for name in ("numpy", "pandas", "matplotlib.pyplot"):
        importlib.import_module(name)
    _show("fork of a process with pandas", "ms", [_fork()[0] for _ in range(_ROUNDS)], 1e3)
    _show("end of that fork", "ms", [_fork()[1] for _ in range(_ROUNDS)], 1e3)
    pages = mmap.mmap(-1, _PAGES * mmap.PAGESIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    pages.madvise(getattr(mmap, "MADV_NOHUGEPAGE", 15))
    _write_to(pages)
    costs = [_copy_pages(pages) for _ in range(6)]
    _show("copy of a shared page, first time", "µs", costs[:1], 1e6)
    _show("copy of a shared page, in memory used before", "µs", costs[3:], 1e6)
    for hops in (1, 2):
        for pause in (0, _PAUSE_SECONDS):
            what = f"echo through {hops} process{'es' if hops > 1 else ''}, {pause * 1000:.0f} ms after the last"
            _show(what, "ms", _echo(hops, pause), 1e3)


def _show(what: str, unit: str, seconds: list[float], scale: float) -> None:
    print(f"{what:55} {statistics.median(seconds) * scale:8.3f} {unit}")


def _fork() -> tuple[float, float]:
    started = time.perf_counter()
    pid = _child(lambda: None)
    forked = time.perf_counter()
    os.waitpid(pid, 0)
    return forked - started, time.perf_counter() - forked


def _child(run: Callable[[], object]) -> int:
    # Without what Python does after a fork: see codeact_kernel/libc.py.
    libc = ctypes.PyDLL(None)
    pid = libc.syscall({"x86_64": 56, "aarch64": 220}[os.uname().machine], ctypes.c_ulong(signal.SIGCHLD), 0, 0, 0, 0)
    if pid == 0:
        run()
        libc._exit(0)
    return pid


def _write_to(pages: mmap.mmap) -> float:
    started = time.perf_counter()
    for page in range(0, _PAGES, 10):
        pages[page * mmap.PAGESIZE] = 1
    return time.perf_counter() - started


def _copy_pages(pages: mmap.mmap) -> float:
    for page in range(_PAGES):
        pages[page * mmap.PAGESIZE] = 1
    pid = _child(signal.pause)
    first, second = _write_to(pages), _write_to(pages)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return (first - second) / (_PAGES / 10)


def _echo(hops: int, pause: float) -> list[float]:
    ours, theirs = socket.socketpair()
    if os.fork() == 0:
        ours.close()
        _relay(theirs, hops)
    theirs.close()
    samples = []
    for _ in range(_ROUNDS):
        time.sleep(pause)
        started = time.perf_counter()
        ours.send(b"x")
        ours.recv(1)
        samples.append(time.perf_counter() - started)
    ours.close()
    os.wait()
    return samples


def _relay(wire: socket.socket, hops: int) -> None:
    onward = None
    if hops > 1:
        onward, theirs = socket.socketpair()
        if os.fork() == 0:
            onward.close()
            _relay(theirs, hops - 1)
        theirs.close()
    while wire.recv(1):
        if onward:
            onward.send(b"x")
            onward.recv(1)
        wire.send(b"x")
    os._exit(0)


if __name__ == "__main__":
    main()
