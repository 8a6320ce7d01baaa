"""The supervisor's view of a worker or of a frozen copy of one."""

from __future__ import annotations

import _signal
import errno
import os
import signal
import socket
import struct
from typing import Any, Callable, Iterator

from .libc import fork_bare
from .outgoing import Outgoing
from .processes import kill
from .wire import FrameReader, ProtocolError, encode

_TYPE_PREFIX = b'{"type":"'
_CREDENTIALS = struct.Struct("iii")
_READ_BYTES = 1 << 18
# Bounds what is still read of a worker that has ended: children of it may go on writing.
_REST_READS = 256
# More never waits for a process that takes what is sent to it.
_MAX_BACKLOG_BYTES = 512 * 1024 * 1024
_READY = b"ready"
_START_SECONDS = 10.0


class WorkerHandle:
    """A process that runs cells, or stands ready to, and the socket to it. Its frames are not trusted."""

    def __init__(self, sock: socket.socket, pid: int = 0) -> None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.socket = sock
        self.pid = pid
        self.closed = False
        self._out = Outgoing(sock)
        self._reader = FrameReader()

    @property
    def ready(self) -> bool:
        """Whether the process is there: a copy has said so, and it has not gone since."""
        return bool(self.pid) and not self.closed

    @property
    def waiting(self) -> bool:
        """Whether commands are left for `flush` when the socket becomes writable."""
        return self._out.waiting

    @property
    def is_deaf(self) -> bool:
        """Whether the process asks, or calls, and does not take the replies."""
        return self._out.backlog > _MAX_BACKLOG_BYTES

    def send(self, command: dict[str, Any]) -> None:
        """Send a command without blocking."""
        self._out.send(encode(command))

    def send_body(self, body: bytes) -> None:
        """Send a frame that is encoded already, without blocking."""
        self._out.send(len(body).to_bytes(4, "big") + body)

    def flush(self) -> None:
        """Send what the socket did not take earlier."""
        self._out.flush()

    def send_with_sockets(self, command: dict[str, Any], descriptors: list[int]) -> None:
        """Send a command together with descriptors, which this process then closes."""
        self.socket.setblocking(True)
        try:
            socket.send_fds(self.socket, [encode(command)], descriptors)
        except OSError:
            pass  # the worker is gone; its exit is noticed elsewhere
        finally:
            self.socket.setblocking(False)
            for descriptor in descriptors:
                os.close(descriptor)

    def read(self) -> Iterator[tuple[str, bytes]]:
        """Yield the (type, body) of the frames that have arrived, in pieces small enough to stay fair.

        Sets `closed` when the other side is gone or sends what is no frame.
        """
        try:
            data, ancillary, _, _ = self.socket.recvmsg(_READ_BYTES, socket.CMSG_SPACE(_CREDENTIALS.size))
        except BlockingIOError:
            return
        except OSError:
            data, ancillary = b"", []
        if not data:
            self.closed = True
            return
        if not self.pid:
            self.pid = _sender(ancillary)
        try:
            for body in self._reader.feed(data):
                yield _frame_type(body), body
        except ProtocolError:
            self.closed = True
            if self.pid > 1:
                kill(self.pid)

    def read_rest(self) -> Iterator[tuple[str, bytes]]:
        """Yield the frames that a worker left behind when it ended."""
        for _ in range(_REST_READS):
            frames = list(self.read())
            yield from frames
            if self.closed or not frames:
                return

    def end(self) -> None:
        """Kill the process and close the socket."""
        if self.pid > 1:
            kill(self.pid)
        self.socket.close()


class NoWorker(WorkerHandle):
    """Stands for a worker that is not needed yet: nothing comes from it, and it does not end."""

    def __init__(self) -> None:
        ours, self._theirs = socket.socketpair()
        super().__init__(ours)

    def end(self) -> None:
        super().end()
        self._theirs.close()


def start_worker(
    worker: Any, standard: tuple[int, int, int], prepare: Callable[[], int | None], seed: int | None
) -> tuple[WorkerHandle, int | None]:
    """Fork a process for `worker`, a Worker that has served nobody yet.

    `seed` is that of its random numbers. `prepare` runs in it before any code of the session does. Returns its
    handle and the descriptor that `prepare` returned there. Raises OSError.
    """
    ours, theirs = socket.socketpair()
    pid = _fork()
    if pid == 0:
        _become(worker, theirs, standard, prepare, seed)
    theirs.close()
    ours.settimeout(_START_SECONDS)
    ready, descriptors, _, _ = socket.recv_fds(ours, len(_READY), 1)
    if ready != _READY:
        raise OSError(errno.EIO, "the worker could not be confined")
    return WorkerHandle(ours, pid), descriptors[0] if descriptors else None


def _fork() -> int:
    try:
        return fork_bare()
    except OSError:  # the machine's processor or its kernel does not offer it
        return os.fork()


def _become(
    worker: Any,
    sock: socket.socket,
    standard: tuple[int, int, int],
    prepare: Callable[[], int | None],
    seed: int | None,
) -> None:
    status = 1
    try:
        os.setsid()
        signal.set_wakeup_fd(-1)
        for ordinary in (signal.SIGCHLD, signal.SIGTERM, signal.SIGHUP):
            _signal.signal(ordinary, _signal.SIG_DFL)
        for target, source in enumerate(standard):
            os.dup2(source, target)
        _close_all_but({0, 1, 2, sock.fileno(), *standard})
        listener = prepare()
        socket.send_fds(sock, [_READY], [] if listener is None else [listener])
        if listener is not None:
            os.close(listener)
        worker.serve(sock, standard, seed)
        status = 0
    finally:
        os._exit(status)


def _close_all_but(keep: set[int]) -> None:
    """Close every other descriptor: a worker gets nothing that it was not given."""
    for name in os.listdir("/proc/self/fd"):
        if int(name) not in keep:
            try:
                os.close(int(name))
            except OSError:
                pass  # the listing's own


def fork_copy(source: WorkerHandle) -> WorkerHandle:
    """Tell an idle worker, or a frozen copy, to fork a frozen copy of itself; its pid is known when it is ready."""
    ours, theirs = socket.socketpair()
    copy = WorkerHandle(ours)
    source.send_with_sockets({"type": "checkpoint"}, [theirs.detach()])
    return copy


def _sender(ancillary: list[tuple[int, int, bytes]]) -> int:
    """Return the pid that the kernel vouches for."""
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_CREDENTIALS:
            return _CREDENTIALS.unpack(data[: _CREDENTIALS.size])[0]
    return 0


def _frame_type(body: bytes) -> str:
    """Read the type from the body's first characters: workers write it there."""
    end = body.find(b'"', len(_TYPE_PREFIX), 64)
    if not body.startswith(_TYPE_PREFIX) or end < 0:
        raise ProtocolError("a frame without a type")
    return body[len(_TYPE_PREFIX) : end].decode("ascii", "replace")
