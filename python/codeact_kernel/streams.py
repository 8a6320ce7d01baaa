"""The standard streams of a cell: what is written becomes stream frames; there is nothing to read."""

from __future__ import annotations

import codecs
import io
import os
import sys
from typing import Any, Callable, Optional

from .guarded import BUILTINS

__builtins__ = BUILTINS  # type: ignore[assignment]

MAX_FRAME_CHARACTERS = 256 * 1024

_getpid = os.getpid
_os_write = os.write
_new_decoder = codecs.getincrementaldecoder("utf-8")
Emit = Callable[[dict], None]
Ask = Callable[[str, bool], str]


class OutputBytes(io.RawIOBase):
    """Turns the bytes written to it into stream frames; a character may be split between writes.

    In a process that the cell forked, the bytes go to the descriptor instead, so that the frames of two
    processes never mix.
    """

    def __init__(self, name: str, descriptor: int, emit: Emit) -> None:
        self.name = f"<{name}>"
        self.mode = "wb"
        self._stream = name
        self._descriptor = descriptor
        self._emit = emit
        self._decoder = _new_decoder("replace")
        self._owner = _getpid()
        self.other: Optional[io.TextIOWrapper] = None

    def write(self, data: Any) -> int:
        """Emit the bytes as text. Returns how many there were, which is always all of them."""
        data = bytes(data)
        if _getpid() != self._owner:
            _write_all(self._descriptor, data)
            return len(data)
        if self.other is not None:
            try:
                self.other.flush()  # what was written there earlier is also shown earlier
            except (ValueError, RuntimeError):
                pass  # closed, or in the middle of a write of its own
        text = self._decoder.decode(data)
        if len(text) <= MAX_FRAME_CHARACTERS:
            if text:
                self._emit({"type": "stream", "name": self._stream, "text": text})
        else:
            for start in range(0, len(text), MAX_FRAME_CHARACTERS):
                part = text[start : start + MAX_FRAME_CHARACTERS]
                self._emit({"type": "stream", "name": self._stream, "text": part})
        return len(data)

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return False

    def adopt(self) -> None:
        """Make this process the one whose writes become frames."""
        self._owner = _getpid()

    def drain(self) -> None:
        """Emit what is left of a character that was never finished."""
        text = self._decoder.decode(b"", True)
        if text and _getpid() == self._owner:
            self._emit({"type": "stream", "name": self._stream, "text": text})


class NoInput(io.TextIOBase):
    """Standard input: at its end from the start."""

    name = "<stdin>"
    mode = "r"
    encoding = "utf-8"
    errors = "strict"
    buffer = property(lambda self: io.BytesIO())

    def read(self, size: Optional[int] = -1) -> str:
        return ""

    def readline(self, size: int = -1) -> str:  # type: ignore[override]
        return ""

    def readable(self) -> bool:
        return True

    def fileno(self) -> int:
        return 0

    def isatty(self) -> bool:
        return False


class Streams:
    """The three streams of a session. `install` puts them in place before each cell."""

    def __init__(self, emit: Emit, ask: Optional[Ask]) -> None:
        self._ask = ask
        self._raw_out = OutputBytes("stdout", 1, emit)
        self._raw_error = OutputBytes("stderr", 2, emit)
        self._open()

    def _open(self) -> None:
        self.stdin = NoInput()
        self.stdout = _text(self._raw_out)
        self.stderr = _text(self._raw_error)
        self._raw_out.other = self.stderr
        self._raw_error.other = self.stdout

    def install(self) -> None:
        """Make these the streams of `sys`, new ones when a cell closed them."""
        self._raw_out.adopt()
        self._raw_error.adopt()
        if self._broken():
            self._raw_out = _reopened(self._raw_out)
            self._raw_error = _reopened(self._raw_error)
            self._open()
        sys.stdin = sys.__stdin__ = self.stdin  # type: ignore[assignment,misc]
        sys.stdout = sys.__stdout__ = self.stdout  # type: ignore[misc]
        sys.stderr = sys.__stderr__ = self.stderr  # type: ignore[misc]

    def flush(self) -> None:
        """Emit everything that was written so far, as the end of a cell does."""
        for stream, raw in ((self.stdout, self._raw_out), (self.stderr, self._raw_error)):
            try:
                stream.flush()
                raw.drain()
            except (ValueError, RuntimeError):
                pass  # closed or detached by the cell
        current = (sys.stdout, sys.stderr)
        for stream in current:
            if stream is not self.stdout and stream is not self.stderr:
                try:
                    stream.flush()
                except Exception:
                    pass  # a stream of the cell's own

    def _broken(self) -> bool:
        try:
            return self.stdout.closed or self.stderr.closed or self.stdin.closed
        except ValueError:  # detached
            return True

    def input(self, prompt: object = "", /) -> str:
        """Ask whoever is at the other end for a line of text."""
        return self._answer("input", str(prompt), False)

    def getpass(self, prompt: str = "Password: ", stream: Any = None, **_: Any) -> str:
        """Ask whoever is at the other end for a line that is not shown."""
        return self._answer("getpass", str(prompt), True)

    def _answer(self, function: str, prompt: str, password: bool) -> str:
        self.flush()
        if self._ask is None:
            raise EOFError(
                f"{function}() has no one to ask here: assign the value in the code instead"
                + (f" (it asked: {prompt.strip()!r})" if prompt.strip() else "")
            )
        return self._ask(prompt, password)


def _text(raw: OutputBytes) -> io.TextIOWrapper:
    return io.TextIOWrapper(
        raw,  # type: ignore[arg-type]
        encoding="utf-8",
        errors="backslashreplace",
        newline="\n",
        line_buffering=True,
    )


def _reopened(raw: OutputBytes) -> OutputBytes:
    return OutputBytes(raw._stream, raw._descriptor, raw._emit)


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        try:
            data = data[_os_write(descriptor, data) :]
        except OSError:
            return
