"""The pipes behind descriptors 1 and 2: what subprocesses and C code print arrives here."""

from __future__ import annotations

import codecs
import fcntl
import os
import struct
import termios

_PIPE_BYTES = 1 << 20
_NAMES = ("stdout", "stderr")


class OutputPipes:
    """Two pipes that a session's processes write to and its supervisor reads."""

    def __init__(self) -> None:
        pairs = [os.pipe(), os.pipe()]
        self.readable = tuple(read for read, _ in pairs)
        self._writable = tuple(write for _, write in pairs)
        self._null = os.open(os.devnull, os.O_RDONLY)
        decoder = codecs.getincrementaldecoder("utf-8")
        self._decoders = tuple(decoder("replace") for _ in pairs)
        for read, write in pairs:
            os.set_blocking(read, False)
            try:
                fcntl.fcntl(write, fcntl.F_SETPIPE_SZ if hasattr(fcntl, "F_SETPIPE_SZ") else 1031, _PIPE_BYTES)
            except OSError:
                pass  # the user's share of pipe memory is used up; the default size works too

    @property
    def standard(self) -> tuple[int, int, int]:
        """The descriptors that stand for 0, 1 and 2 in a worker."""
        return (self._null, *self._writable)  # type: ignore[return-value]

    def close(self) -> None:
        """Close this process's ends."""
        for descriptor in (*self.readable, *self._writable, self._null):
            os.close(descriptor)

    def pending(self) -> tuple[int, int]:
        """Return how many bytes lie in each pipe."""
        return _unread(self.readable[0]), _unread(self.readable[1])

    def read(self, counts: tuple[int, int]) -> list[tuple[str, str]]:
        """Take up to so many bytes from each pipe and return them as (stream's name, text)."""
        texts = []
        for name, pipe, decoder, count in zip(_NAMES, self.readable, self._decoders, counts):
            if count:
                try:
                    text = decoder.decode(os.read(pipe, count))
                except BlockingIOError:  # taken since it was counted
                    continue
                if text:
                    texts.append((name, text))
        return texts


def _unread(pipe: int) -> int:
    return struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, b"\0\0\0\0"))[0]
