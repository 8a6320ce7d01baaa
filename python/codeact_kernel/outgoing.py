"""Bytes on their way out through a socket that may be slow to take them."""

from __future__ import annotations

import socket

# More than this waiting means that the other side is slower than what it is sent.
_CONGESTED_BYTES = 1 << 20


class Outgoing:
    """Sends without blocking and keeps in order what the socket does not take at once."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self._sock = sock
        self._waiting = bytearray()

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

    def send(self, data: bytes) -> None:
        """Send the bytes after all earlier ones. Does nothing when the other side is gone."""
        if self._waiting:
            self._waiting += data
            return
        try:
            sent = self._sock.send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            return
        if sent < len(data):
            self._waiting += memoryview(data)[sent:]

    def flush(self) -> None:
        """Send as much as the socket takes now."""
        if not self._waiting:
            return
        try:
            sent = self._sock.send(memoryview(self._waiting)[: 1 << 20])
        except BlockingIOError:
            return
        except OSError:
            sent = len(self._waiting)
        del self._waiting[:sent]
