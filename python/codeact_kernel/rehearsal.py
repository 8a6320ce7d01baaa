"""Runs what sessions will run, once, in the zygote.

CPython adapts the code of a function to its use, in place. Code that has been adapted before the fork is
faster from the first cell on and stays shared between all sessions.
"""

from __future__ import annotations

import gc
from typing import Any

from .interpreter import Interpreter
from .wire import FrameReader, decode, encode

_ROUNDS = 20
_CELLS = (
    "1 + 1",
    "x = [1, 2, 3]\nprint(sum(x), 'of', x)",
    "{'a': 1}['b']",
    "def f(n):\n    return n * 2\nf(21)",
    "for i in range(20):\n    print(i)",
)


def rehearse() -> None:
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
