"""The way from a session's loopback interface to the proxy on the host.

Code of the session speaks to a port of 127.0.0.1; a process of its own, which runs no code of the session, passes
the bytes on to the proxy's socket. Only this process can reach that socket. It understands nothing of
what it passes on: the proxy decides.
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
import sys
from typing import Any, Optional

from .libc import PR_SET_NO_NEW_PRIVS, drop_capabilities, prctl

_BACKLOG = 128
_MAX_CONNECTIONS = 256
_PIECE_BYTES = 1 << 16
_CONNECT_SECONDS = 5.0


class Forwarder:
    """Listens on 127.0.0.1:`port` for connections to `socket_name`, a socket in the folder `folder` (a descriptor)."""

    def __init__(self, port: int, folder: int, socket_name: str) -> None:
        self._folder = folder
        self._socket_name = socket_name
        self._listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", port))
        self._listener.listen(_BACKLOG)

    def start(self) -> int:
        """Fork the process that forwards and return its pid. Raises OSError."""
        pid = os.fork()
        if pid:
            return pid
        status = 1
        try:
            self._run()
            status = 0
        finally:
            os._exit(status)

    def _run(self) -> None:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.fchdir(self._folder)
        _close_all_but({self._listener.fileno(), *(0, 1, 2)})
        sys.path.clear()  # the workspace is on it, and nothing of the session may run here
        prctl(PR_SET_NO_NEW_PRIVS, 1)
        drop_capabilities()
        _Links(self._listener, self._socket_name).serve()


class _Links:
    """All connections of a session to its proxy."""

    def __init__(self, listener: socket.socket, target: str) -> None:
        self._listener = listener
        self._target = target
        self._selector = selectors.DefaultSelector()
        self._open = 0
        self._listening = False
        listener.setblocking(False)

    def serve(self) -> None:
        """Forward until killed."""
        while True:
            self._listen(self._open < _MAX_CONNECTIONS)
            for key, events in self._selector.select():
                if key.data is None:
                    self._accept()
                else:
                    self._go_on(key.data, events)

    def _listen(self, wanted: bool) -> None:
        if wanted and not self._listening:
            self._selector.register(self._listener, selectors.EVENT_READ, None)
        elif self._listening and not wanted:
            self._selector.unregister(self._listener)
        self._listening = wanted

    def _accept(self) -> None:
        try:
            near, _ = self._listener.accept()
        except OSError:
            return
        far = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        far.settimeout(_CONNECT_SECONDS)
        try:
            far.connect(self._target)
        except OSError:
            near.close()
            far.close()
            return
        near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        one, other = _End(near), _End(far)
        one.peer, other.peer = other, one
        self._open += 1
        for end in (one, other):
            end.socket.setblocking(False)
            self._watch(end)

    def _go_on(self, end: _End, events: int) -> None:
        if end.closed:
            return
        peer = end.peer
        assert peer is not None
        try:
            if events & selectors.EVENT_WRITE:
                end.flush()
            if events & selectors.EVENT_READ and end.reads:
                peer.pending = end.socket.recv(_PIECE_BYTES)
                if peer.pending:
                    peer.flush()
                else:
                    end.ended = True
            if end.ended and not peer.pending and not peer.shut:
                peer.shut = True
                peer.socket.shutdown(socket.SHUT_WR)
            if peer.ended and not end.pending and not end.shut:
                end.shut = True
                end.socket.shutdown(socket.SHUT_WR)
        except BlockingIOError:
            pass
        except OSError:
            self._close(end, peer)
            return
        if end.shut and peer.shut:
            self._close(end, peer)
            return
        self._watch(end)
        self._watch(peer)

    def _watch(self, end: _End) -> None:
        events = (selectors.EVENT_READ if end.reads else 0) | (selectors.EVENT_WRITE if end.pending else 0)
        if events == end.watched:
            return
        if not end.watched:
            self._selector.register(end.socket, events, end)
        elif not events:
            self._selector.unregister(end.socket)
        else:
            self._selector.modify(end.socket, events, end)
        end.watched = events

    def _close(self, *ends: _End) -> None:
        self._open -= 1
        for end in ends:
            end.closed = True
            if end.watched:
                self._selector.unregister(end.socket)
                end.watched = 0
            end.socket.close()


class _End:
    """One side of a connection; at most one piece of bytes waits to be sent to it."""

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self.peer: Optional[_End] = None
        self.pending: Any = b""
        self.watched = 0
        self.ended = False
        self.shut = False
        self.closed = False

    @property
    def reads(self) -> bool:
        """Whether there is room for what it sends."""
        return not self.ended and self.peer is not None and not self.peer.pending

    def flush(self) -> None:
        """Send what waits, as far as the socket takes it. Raises OSError."""
        if self.pending:
            try:
                self.pending = memoryview(self.pending)[self.socket.send(self.pending) :]
            except BlockingIOError:
                pass


def _close_all_but(keep: set[int]) -> None:
    for name in os.listdir("/proc/self/fd"):
        if int(name) not in keep:
            try:
                os.close(int(name))
            except OSError:
                pass  # the listing's own
