"""The process that sessions are forked from: it has imported the usual packages already.

It keeps a few sandboxes ready. Each waits on a Unix socket that only the host and the zygote can see; the
one that accepts a connection becomes its session, reads the ``open`` frame, and owns the connection from
then on. The zygote never sees what a session does.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import struct
import time
import traceback

from . import isolation
from .libc import PR_SET_PDEATHSIG, fork_into, prctl
from .preload import preload
from .processes import reap
from .rehearsal import rehearse_cells, rehearse_session
from .supervisor import Supervisor
from .usage import UsageMeter
from .wire import encode, read_frame
from .worker import Worker

_BACKLOG = 512
_OPEN_SECONDS = 5.0
_RESPAWN_SECONDS = 0.2
_CLAIMS_AT_ONCE = 512
_SLOT = struct.Struct("!Q")


def serve(socket_path: str, modules: tuple[str, ...], ready_sandboxes: int) -> None:
    """Keep a zygote on `socket_path` until killed. Sessions outlive the zygote that they came from."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(socket_path)
    listener.listen(_BACKLOG)
    while True:
        pid = os.fork()
        if pid == 0:
            try:
                prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
                _start(listener, modules, ready_sandboxes).run()
            except BaseException:  # noqa: BLE001 - a fork must not go on in its parent's code
                traceback.print_exc()
            finally:
                os._exit(1)
        _, status = os.waitpid(pid, 0)
        if os.WIFEXITED(status):  # it failed by itself and would again
            return
        time.sleep(_RESPAWN_SECONDS)


def _start(listener: socket.socket, modules: tuple[str, ...], ready_sandboxes: int) -> Zygote:
    started = time.monotonic()
    versions = preload(modules)
    rehearse_cells()
    zygote = Zygote(listener, ready_sandboxes)
    boot_ms = (time.monotonic() - started) * 1000
    os.write(1, encode({"type": "zygote-ready", "preloaded": versions, "bootMs": boot_ms}))
    return zygote


class Zygote:
    """Forks sandboxes so that `ready_sandboxes` of them always wait on `listener`."""

    def __init__(self, listener: socket.socket, ready_sandboxes: int) -> None:
        self._place = isolation.SandboxPlace()
        self._worker = Worker(self._place)
        rehearse_session(self._worker, self._place)
        self._listener = listener
        self._wanted = ready_sandboxes
        self._waiting: dict[int, int] = {}
        self._next_slot = 0
        self._claims, self._claim = os.pipe()
        self._waker, self._wake = socket.socketpair()

    def run(self) -> None:
        """Fork whenever a sandbox has been taken or has died, until killed.

        Where the machine allows no more processes or namespaces, sessions go on and new ones wait until it does.
        Raises OSError when it never allowed any.
        """
        for sock in (self._waker, self._wake):
            sock.setblocking(False)
        os.set_blocking(self._claims, False)
        signal.set_wakeup_fd(self._wake.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        while True:
            seconds = None if self._fork_missing() else _RESPAWN_SECONDS
            select.select([self._claims, self._waker], [], [], seconds)
            if self._note_changes():
                time.sleep(_RESPAWN_SECONDS)

    def _fork_missing(self) -> bool:
        """Fork until enough sandboxes wait; false when the machine does not allow it now."""
        try:
            while len(self._waiting) < self._wanted:
                self._fork_sandbox()
        except OSError:
            if self._next_slot == 1:
                raise
            return False
        return True

    def _note_changes(self) -> bool:
        """Forget the sandboxes that are taken or have ended; tell whether one ended before it was taken."""
        try:
            self._waker.recv(4096)
        except BlockingIOError:
            pass
        ended = set(reap())
        # After that: whoever was taken and has ended since said so first.
        try:
            for (slot,) in _SLOT.iter_unpack(os.read(self._claims, _CLAIMS_AT_ONCE * _SLOT.size)):
                self._waiting.pop(slot, None)
        except BlockingIOError:
            pass
        died = [slot for slot, pid in self._waiting.items() if pid in ended]
        for slot in died:
            del self._waiting[slot]
        return bool(died)

    def _fork_sandbox(self) -> None:
        slot = self._next_slot
        self._next_slot += 1
        uid, gid = os.getuid(), os.getgid()
        pid = fork_into(isolation.NAMESPACES)
        if pid:
            self._waiting[slot] = pid
            return
        try:
            self._become_sandbox(slot, uid, gid)
        except BaseException:  # noqa: BLE001 - a fork must not go on in its parent's code
            traceback.print_exc()
        finally:
            os._exit(1)

    def _become_sandbox(self, slot: int, uid: int, gid: int) -> None:
        signal.set_wakeup_fd(-1)
        self._waker.close()
        self._wake.close()
        os.close(self._claims)
        isolation.enter_sandbox(uid, gid)
        self._place.open()
        supervisor = Supervisor(self._worker, isolation.confine_worker, self._place)
        supervisor.prepare()
        connection, _ = self._listener.accept()
        os.write(self._claim, _SLOT.pack(slot))
        self._listener.close()
        os.close(self._claim)
        _serve_session(supervisor, connection, self._place)


def _serve_session(supervisor: Supervisor, connection: socket.socket, place: isolation.SandboxPlace) -> None:
    try:
        connection.settimeout(_OPEN_SECONDS)
        request = read_frame(connection)
        network = request.get("network", {})
        isolation.show_workspace(
            request["session"], request["limits"]["scratchBytes"], network.get("certificates")
        )
        if network:
            supervisor.keep_helper(place.forwarder(network["port"], network["socket"]).start)
    except Exception as error:  # noqa: BLE001 - whatever it is, the host has to know
        connection.sendall(encode({"type": "refused", "message": f"{type(error).__name__}: {error}"}))
        return
    usage = UsageMeter(request["limits"], isolation.WORKSPACE)
    supervisor.serve(connection, request, isolation.WORKSPACE, usage)
