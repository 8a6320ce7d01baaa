"""The process that sessions are forked from: it has imported the usual packages already.

It listens on a Unix socket in a folder that only the host and it can see. Each connection is a session:
its first frame is ``open``, and the fork that serves it owns the connection from then on.
"""

from __future__ import annotations

import os
import signal
import socket
import time
from typing import Any

from . import isolation
from .libc import PR_SET_PDEATHSIG, fork_into, prctl
from .preload import preload, reseed
from .supervisor import Supervisor
from .wire import ProtocolError, encode, read_frame

_BACKLOG = 512
_OPEN_SECONDS = 5.0
# Keeps a zygote that can't start from being started over and over at full speed.
_RESPAWN_SECONDS = 0.2


def serve(socket_path: str, modules: tuple[str, ...]) -> None:
    """Keep a zygote on `socket_path` until killed. Sessions outlive the zygote that they came from."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(socket_path)
    listener.listen(_BACKLOG)
    while True:
        pid = os.fork()
        if pid == 0:
            try:
                prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
                _fork_sessions(listener, modules)
            finally:
                os._exit(1)
        os.waitpid(pid, 0)
        time.sleep(_RESPAWN_SECONDS)


def _fork_sessions(listener: socket.socket, modules: tuple[str, ...]) -> None:
    started = time.monotonic()
    versions = preload(modules)
    from . import worker as _worker  # noqa: F401 - loaded here, once, for all sessions

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # sessions are reaped by the kernel
    boot_ms = (time.monotonic() - started) * 1000
    os.write(1, encode({"type": "zygote-ready", "preloaded": versions, "bootMs": boot_ms}))
    while True:
        connection, _ = listener.accept()
        try:
            _open_session(connection, listener)
        except (OSError, ProtocolError, KeyError) as error:
            _refuse(connection, error)
        finally:
            connection.close()


def _open_session(connection: socket.socket, listener: socket.socket) -> None:
    connection.settimeout(_OPEN_SECONDS)
    request = read_frame(connection)
    uid, gid = os.getuid(), os.getgid()
    if fork_into(isolation.NAMESPACES):
        return
    status = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        listener.close()
        _close_all_but(connection)
        isolation.enter_sandbox(request["session"], request["limits"]["scratchBytes"], uid, gid)
        _serve_session(connection, request)
        status = 0
    except BaseException as error:  # noqa: BLE001 - nobody else could tell the host
        _refuse(connection, error)
    finally:
        os._exit(status)


def _serve_session(connection: socket.socket, request: dict[str, Any]) -> None:
    limits = request["limits"]

    def prepare_worker() -> None:
        isolation.confine_worker(limits)
        reseed()

    Supervisor(connection, limits, request["transactions"], prepare_worker).run()


def _refuse(connection: socket.socket, error: BaseException) -> None:
    try:
        connection.sendall(encode({"type": "refused", "message": f"{type(error).__name__}: {error}"}))
    except OSError:
        pass


def _close_all_but(connection: socket.socket) -> None:
    """Keep the standard descriptors, on the null device, and the session's own connection."""
    keep = connection.fileno()
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    os.closerange(3, keep)
    os.closerange(keep + 1, 4096)
