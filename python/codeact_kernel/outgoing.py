"""Bytes on their way out through a socket that may be slow to take them."""

from __future__ import annotations

import socket

# More than this waiting means that the other side is slower than what it is sent.
_CONGESTED_BYTES = 1 << 20
_WRITE_BYTES = 1 << 20


class Outgoing:
    """Sends without blocking and keeps in order what the socket does not take at once."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self._sock = sock
        self._waiting = bytearray()
        self._queued: list[bytes] = []

    @property
    def waiting(self) -> bool:
        """Whether bytes are left for `flush` when the socket becomes writable."""
        return bool(self._waiting)

    @property
    def congested(self) -> bool:
        """Whether its user should stop producing until this is false again."""
        return len(self._waiting) > _CONGESTED_BYTES

    @property
    def backlog(self) -> int:
        """How many bytes are left."""
        return len(self._waiting)

    def queue(self, data: bytes) -> None:
        """Keep the bytes for the next `send` or `flush`: the other side then wakes up once for all of them."""
        self._queued.append(data)

    def send(self, data: bytes) -> None:
        """Send the bytes after all earlier ones. Does nothing when the other side is gone."""
        self._queued.append(data)
        self.flush()

    def flush(self) -> None:
        """Send as much as the socket takes now."""
        queued = self._queued
        if queued:
            data = queued[0] if len(queued) == 1 else b"".join(queued)
            queued.clear()
            if not self._waiting:
                self._waiting += memoryview(data)[self._write(data) :]
                return
            self._waiting += data
        if self._waiting:
            del self._waiting[: self._write(memoryview(self._waiting)[:_WRITE_BYTES])]

    def _write(self, data: bytes | memoryview) -> int:
        try:
            return self._sock.send(data)
        except BlockingIOError:
            return 0
        except OSError:
            return len(data)
