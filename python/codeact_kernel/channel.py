"""The worker's end of its channel to the supervisor."""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import socket
import struct
import termios
import threading
import time
from _thread import allocate_lock, get_ident
from typing import Any, Callable, Iterator

from .wire import FrameReader, decode, encode

# Longest wait for the supervisor to take what subprocesses have written to the pipes.
_PIPE_WAIT_SECONDS = 0.05
# Commands that come with descriptors.
_WITH_DESCRIPTORS = ("checkpoint", "branch")

_close, _select_poll = os.close, select.poll


class Waiter:
    """A thread that waits for a frame; whoever reads the frame settles it."""

    def __init__(self) -> None:
        self.settled = False
        self._sleep = allocate_lock()
        self._sleep.acquire()

    def settle(self) -> None:
        """Let the thread go on, for what it waits for is there."""
        self.settled = True
        self.wake()

    def wake(self) -> None:
        """Let the thread look again, now or as soon as it falls asleep."""
        try:
            self._sleep.release()
        except RuntimeError:
            pass  # awake already

    def sleep(self) -> None:
        """Block until somebody wakes this thread."""
        self._sleep.acquire()


class Channel:
    """Sends frames from any thread, and receives: commands for the main thread, replies for any thread.

    No thread of its own reads the socket, for one could not be taken along by a fork. Of the threads that wait,
    one reads for all; when it has what it waits for, another takes its place. An event loop can read too, with
    `read_available` called when `fileno()` is readable.

    Before each frame it waits until the supervisor has emptied the pipes behind descriptors 1 and 2,
    so that what subprocesses wrote earlier also arrives earlier.

    While `busy`, the main thread is where an interrupt would break something: the handler of signals sets
    `interrupted` instead, and the main thread raises KeyboardInterrupt as soon as it can.
    """

    def __init__(
        self, sock: socket.socket, pipes: tuple[int, ...], on_reply: Callable[[dict[str, Any] | None], None]
    ) -> None:
        self._sock = sock
        self._pipes = pipes
        self._on_reply = on_reply
        self._main_thread = get_ident()
        self._lock = threading.Lock()
        self._pending = bytearray(4)
        self._held = b""
        self.busy = False
        self.interrupted = False
        self.closed = False
        self._begin_reading()

    def _begin_reading(self) -> None:
        self._reading = allocate_lock()
        self._reader = FrameReader()
        self._commands: list[dict[str, Any]] = []
        self._descriptors: list[int] = []
        self._command_waiter = Waiter()
        self._waiters: set[Waiter] = set()
        self._poll = _select_poll()
        self._poll.register(self._sock, select.POLLIN)

    def fileno(self) -> int:
        """Return the descriptor that becomes readable when something arrives."""
        return self._sock.fileno()

    def in_main_thread(self) -> bool:
        """Tell whether this is the thread that runs cells."""
        return get_ident() == self._main_thread

    def send(self, frame: dict[str, Any]) -> None:
        """Send one frame whole, whatever signals arrive meanwhile."""
        data = encode(frame)
        with self._undisturbed(), self._lock:
            self._wait_for_pipes()
            held, self._held = self._held, b""
            self._sock.sendall(held + data)

    def send_with_next(self, frame: dict[str, Any]) -> None:
        """Send the frame together with the one that follows it, so that the supervisor wakes up once."""
        data = encode(frame)
        with self._undisturbed(), self._lock:
            self._held += data

    def receive(self) -> dict[str, Any] | None:
        """Block for the next command, in the main thread; None when the supervisor is gone."""
        waiter = self._command_waiter
        while not self._commands:
            if self.closed:
                return None
            waiter.settled = False
            if not self._commands and not self.closed:
                self.wait_for(waiter)
        return self._commands.pop(0)

    def wait_for(self, waiter: Waiter) -> None:
        """Return once `waiter` is settled; meanwhile read for everybody if nobody else does."""
        with self._undisturbed() as is_main:
            self._waiters.add(waiter)
            try:
                while not waiter.settled:
                    if self._reading.acquire(False):
                        try:
                            while not waiter.settled:
                                self._block(self._poll.poll, is_main)
                                self._read()
                        finally:
                            self._reading.release()
                    else:
                        self._block(waiter.sleep, is_main)
            finally:
                self._waiters.discard(waiter)
                self._let_another_read()

    def read_available(self) -> None:
        """Take what has arrived, without blocking, unless another thread does."""
        with self._undisturbed():
            if self._reading.acquire(False):
                try:
                    self._read()
                finally:
                    self._reading.release()
                    self._let_another_read()

    def is_quiet(self) -> bool:
        """Tell whether no command waits."""
        return not self._commands and not select.select([self._sock], [], [], 0)[0]

    def move(self, sock: socket.socket) -> None:
        """Continue on another socket: this process is a copy and the old one is not its own.

        Of its threads only the main one is left, and nothing that others wait for will come.
        """
        self._sock.close()
        self._sock = sock
        for descriptor in self._descriptors:
            _close(descriptor)
        self._held = b""
        self._begin_reading()

    def hold(self) -> threading.Lock:
        """Return the lock that keeps other threads from sending, for use around a fork."""
        return self._lock

    @contextlib.contextmanager
    def _undisturbed(self) -> Iterator[bool]:
        """Keep interrupts of the main thread for later; yields whether this is the main thread."""
        if self.busy or get_ident() != self._main_thread:
            yield False
            return
        self.busy = True
        try:
            yield True
        finally:
            self.busy = False

    def _block(self, wait: Callable[[], object], is_main: bool) -> None:
        """Wait where an interrupt breaks nothing."""
        if not is_main:
            wait()
            return
        self.busy = False
        try:
            if self.interrupted:
                self.interrupted = False
                raise KeyboardInterrupt
            wait()
        finally:
            self.busy = True

    def _let_another_read(self) -> None:
        for waiter in list(self._waiters):
            if not waiter.settled:
                waiter.wake()
                return

    def _read(self) -> None:
        try:
            data, descriptors, _, _ = socket.recv_fds(self._sock, 1 << 16, 2, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        except OSError:
            data, descriptors = b"", []
        self._descriptors.extend(descriptors)
        if not data:
            self.closed = True
            self._command_waiter.settle()
            self._on_reply(None)
            return
        for body in self._reader.feed(data):
            frame = decode(body)
            if frame["type"] == "call-reply":
                self._on_reply(frame)
                continue
            if frame["type"] in _WITH_DESCRIPTORS:
                frame["descriptors"], self._descriptors = self._descriptors, []
            self._commands.append(frame)
            self._command_waiter.settle()

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
