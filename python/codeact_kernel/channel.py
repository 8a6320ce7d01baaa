"""The worker's end of its channel to the supervisor."""

from __future__ import annotations

import fcntl
import select
import socket
import struct
import termios
import threading
import time
from typing import Any

from .wire import FrameReader, decode, encode

# Longest wait for the supervisor to take what subprocesses have written to the pipes.
_PIPE_WAIT_SECONDS = 0.05


class Channel:
    """Sends frames from any thread and receives commands in the main thread.

    Before each frame it waits until the supervisor has emptied the pipes behind descriptors 1 and 2,
    so that what subprocesses wrote earlier also arrives earlier.
    """

    def __init__(self, sock: socket.socket, pipes: tuple[int, ...]) -> None:
        self._sock = sock
        self._pipes = pipes
        self._lock = threading.Lock()
        self._reader = FrameReader()
        self._commands: list[dict[str, Any]] = []
        self._descriptors: list[int] = []
        self._pending = bytearray(4)
        self.sending = False

    def send(self, frame: dict[str, Any]) -> None:
        """Send one frame whole, whatever signals arrive meanwhile."""
        data = encode(frame)
        with self._lock:
            self.sending = True
            try:
                self._wait_for_pipes()
                self._sock.sendall(data)
            finally:
                self.sending = False

    def receive(self) -> dict[str, Any] | None:
        """Block for the next command; None when the supervisor is gone."""
        while not self._commands:
            data, descriptors, _, _ = socket.recv_fds(self._sock, 1 << 16, 2)
            if not data:
                return None
            self._descriptors.extend(descriptors)
            self._commands.extend(decode(body) for body in self._reader.feed(data))
        return self._commands.pop(0)

    def is_quiet(self) -> bool:
        """Tell whether no command waits."""
        return not self._commands and not select.select([self._sock], [], [], 0)[0]

    def take_descriptors(self) -> list[int]:
        """Return the descriptors that came with the last command."""
        descriptors, self._descriptors = self._descriptors, []
        return descriptors

    def move(self, sock: socket.socket) -> None:
        """Continue on another socket: this process is a copy and the old one is not its own."""
        self._sock.close()
        self._sock = sock
        self._reader = FrameReader()
        self._commands.clear()

    def hold(self) -> threading.Lock:
        """Return the lock that keeps other threads from sending, for use around a fork."""
        return self._lock

    def _wait_for_pipes(self) -> None:
        give_up = 0.0
        for pipe in self._pipes:
            while self._unread(pipe):
                now = time.monotonic()
                give_up = give_up or now + _PIPE_WAIT_SECONDS
                if now > give_up:
                    return
                time.sleep(0)

    def _unread(self, pipe: int) -> int:
        try:
            fcntl.ioctl(pipe, termios.FIONREAD, self._pending)
        except OSError:
            return 0
        return struct.unpack("i", self._pending)[0]
