"""Runs what sessions will run in the zygote, before the first session.

CPython adapts the code of a function to its use, in place. Code that has been adapted before the fork is
faster from the first cell on and stays shared between all sessions.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
from typing import Any

from .interpreter import Interpreter
from .supervisor import Place, Supervisor
from .usage import UsageMeter
from .wire import PROTOCOL_VERSION, FrameReader, decode, encode, read_frame
from .worker import Worker

_ROUNDS = 20
_CELLS = (
    "1 + 1",
    "x = [1, 2, 3]\nprint(sum(x), 'of', x)",
    "{'a': 1}['b']",
    "def f(n):\n    return n * 2\nf(21)",
    "for i in range(20):\n    print(i)",
)


_SESSION_CELLS = 60
LIMITS = {
    "timeoutMs": 60_000,
    "graceMs": 1000,
    "memoryBytes": 1 << 32,
    "processes": 1 << 16,
    "fileBytes": 1 << 40,
    "outputBytes": 1 << 20,
    "diskBytes": 1 << 40,
    "scratchBytes": 1 << 20,
}


def rehearse_cells() -> None:
    """Run a few usual cells and frames, and leave nothing of them behind."""
    frames: list[dict[str, Any]] = []
    interpreter = Interpreter(frames.append, None)
    for _ in range(_ROUNDS):
        for cell in _CELLS:
            interpreter.run(cell)
        reader = FrameReader()
        for frame in frames:
            for body in reader.feed(encode(frame)):
                decode(body)
        frames.clear()
    del interpreter
    gc.collect()
    gc.freeze()


def rehearse_session(worker: Worker, place: Place) -> None:
    """Be the supervisor of a session that `worker`, in a process of its own, serves, until its host is done."""
    ours, theirs = socket.socketpair()
    if os.fork() == 0:
        try:
            ours.close()
            _use_session(theirs)
        finally:
            os._exit(0)
    theirs.close()
    folder = os.getcwd()
    supervisor = Supervisor(worker, lambda: None, place)
    supervisor.prepare()
    request = read_frame(ours)
    supervisor.serve(ours, request, folder, UsageMeter(request["limits"], folder, ()))
    signal.set_wakeup_fd(-1)
    del supervisor
    gc.collect()
    gc.freeze()


def _use_session(wire: socket.socket) -> None:
    """Be the host."""
    wire.sendall(
        encode(
            {
                "type": "open",
                "version": PROTOCOL_VERSION,
                "session": "rehearsal",
                "limits": LIMITS,
                "transactions": True,
            }
        )
    )
    read_frame(wire)
    for number in range(_SESSION_CELLS):
        cell = _CELLS[number % len(_CELLS)]
        wire.sendall(encode({"type": "execute", "id": number, "code": cell, "timeoutMs": 60_000}))
        reader = FrameReader()
        done = False
        while not done:
            data = wire.recv(1 << 16)
            done = not data or any(decode(body)["type"] == "done" for body in reader.feed(data))
