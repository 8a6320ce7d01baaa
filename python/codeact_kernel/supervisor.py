"""The process that owns a session: in a sandbox it is process 1 of the session, and runs no code of it.

It waits for all that can happen to its branches (see branch.py) and keeps what they share: the exits of
processes, the guard of system calls, and the meter of what they use together.
"""

from __future__ import annotations

import _signal
import math
import os
import select
import signal
import socket
import time
from typing import Any, Callable, Collection, Protocol

from .branch import Branch
from .kept_outputs import KeptOutputs
from .pipes import OutputPipes
from .processes import descendants, end_processes, reap
from .syscall_guard import SyscallGuard
from .wire import decode, read_frame
from .worker import Worker
from .worker_handle import NoWorker, WorkerHandle, start_worker

_LOOK_SECONDS = 0.1
_OPEN_SECONDS = 5.0
_COPY_SECONDS = 2.0
_WAIT_MILLISECONDS = 20


class Place(Protocol):
    """Where branches live: BarePlace or SandboxPlace."""

    def socket_path(self, session: str) -> str: ...
    def stage(self, session: str) -> None: ...
    def unstage(self) -> None: ...
    def enter(self, session: str, scratch_bytes: int) -> None: ...
    def place_of(self, pid: int) -> object: ...


class Meter(Protocol):
    """Tells when a session uses too much: see usage.py."""

    def start_cell(self) -> None: ...
    def exceeded(self) -> str | None: ...


class Supervisor:
    """Serves a session and its forks.

    `worker` is what each fresh worker process starts as; `prepare_worker` runs in it before any code of theirs.
    """

    def __init__(self, worker: Worker, prepare_worker: Callable[[], int | None], place: Place) -> None:
        self.exits: dict[int, int] = {}
        self._unused_worker = worker
        self._prepare_worker = prepare_worker
        self._place = place
        self._guard = SyscallGuard(self._is_protected)
        self._waker, self._wake = socket.socketpair()
        self._branches: list[Branch] = []
        self._arrivals: dict[socket.socket, Branch] = {}
        self._meter: Meter | None = None
        self._start_helper: Callable[[], int] | None = None
        self._helper = 0
        self._poll = select.poll()
        self._sources: dict[int, int] = {}

    def prepare(self) -> None:
        """Do what can be done before there is anything to serve."""
        for sock in (self._waker, self._wake):
            sock.setblocking(False)
        signal.set_wakeup_fd(self._wake.fileno(), warn_on_full_buffer=False)
        _signal.signal(signal.SIGCHLD, _do_nothing)
        for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            _signal.signal(ignored, _signal.SIG_IGN)

    def keep_helper(self, start: Callable[[], int]) -> None:
        """Keep the process that `start` forks running as long as there are branches. Raises OSError."""
        self._start_helper = start
        self._helper = start()

    def serve(
        self, wire: socket.socket, request: dict[str, Any], folder: str, meter: Meter | None = None
    ) -> None:
        """Run cells in `folder` until the host has closed `wire` and those of all forks, then end everything.

        `request` is the open frame that came over `wire`.
        """
        self._meter = meter
        os.chdir(folder)
        # For the workers, which are forked later.
        os.environ.update(request.get("network", {}).get("environment", {}))
        first = Branch(self, request["session"], NoWorker(), OutputPipes(), KeptOutputs())
        self._branches.append(first)
        first.connect(wire, request)
        try:
            while self._branches:
                self._serve_once()
        finally:
            end_processes(lambda: descendants(os.getpid()))

    def _serve_once(self) -> None:
        ready = self._wait()
        for listener in ready & self._guard.listeners:
            self._guard.answer(listener)
        if self._waker.fileno() in ready:
            _drain(self._waker)
            self.exits.update(reap())
            if self._start_helper and self._helper in self.exits:
                del self.exits[self._helper]
                self._helper = self._start_helper()
        for listener in [sock for sock in self._arrivals if sock.fileno() in ready]:
            self._welcome(listener)
        for branch in [branch for branch in self._branches if branch.wire]:
            branch.proceed(ready)
            if branch.closed:
                self._end_branch(branch)
        self._check_usage()

    def _wait(self) -> set[int]:
        sources = dict.fromkeys((self._waker.fileno(), *self._guard.listeners), select.POLLIN)
        for arrival in self._arrivals:
            sources[arrival.fileno()] = select.POLLIN
        waits = []
        for branch in self._branches:
            sources.update(branch.sources())
            seconds = branch.seconds_left()
            if seconds is not None:
                waits.append(min(max(0.0, seconds), _LOOK_SECONDS if self._meter else seconds))
        if sources != self._sources:
            for gone in self._sources.keys() - sources.keys():
                self._poll.unregister(gone)
            for fd, events in sources.items():
                self._poll.register(fd, events)
            self._sources = sources
        wait = min(waits, default=math.inf)
        happened = self._poll.poll(None if wait == math.inf else wait * 1000)
        for fd, event in happened:
            if fd in self._guard.listeners and not event & select.POLLIN:
                self._guard.hung_up(fd)
        return {fd for fd, _ in happened}

    def cell_starts(self) -> None:
        """Tell the meter that what is used now is not the fault of the next cell."""
        if self._meter:
            self._meter.start_cell()

    def _check_usage(self) -> None:
        if self._meter and any(branch.cell for branch in self._branches):
            reason = self._meter.exceeded()
            if reason:
                for branch in self._branches:
                    if branch.cell:
                        branch.kill_worker(reason)

    # Processes

    def start_fresh_worker(self, pipes: OutputPipes, seed: int | None) -> WorkerHandle:
        """Fork a worker without any variables; `seed` is that of its random numbers. Raises OSError."""
        handle, listener = start_worker(self._unused_worker, pipes.standard, self._prepare_worker, seed)
        if listener is not None:
            self._guard.listeners.add(listener)
        return handle

    def place_of(self, pid: int) -> object:
        """Return what is equal for all processes of one branch; None when the process is gone."""
        try:
            return self._place.place_of(pid)
        except OSError:
            return None

    def await_exit(self, pid: int, seconds: float) -> int | None:
        """Wait for the process to end and return its status; None when it does not end in time."""
        self._until(lambda: pid in self.exits, seconds)
        return self.exits.pop(pid, None)

    def await_copy(self, copy: WorkerHandle) -> bool:
        """Wait for a copy that is being made; false when it does not come."""

        def is_settled() -> bool:
            for _ in copy.read():
                pass
            return copy.ready or copy.closed

        self._until(is_settled, _COPY_SECONDS, copy.socket)
        return copy.ready

    def require_copy(self, copy: WorkerHandle) -> WorkerHandle:
        """Wait for a copy that is being made and return it. Raises OSError when it does not come."""
        if self.await_copy(copy):
            return copy
        raise OSError("the interpreter could not be copied: it has too many processes or no memory left")

    def _until(self, is_so: Callable[[], bool], seconds: float, *sources: socket.socket) -> None:
        """Wait, and meanwhile answer system calls, so that nobody waits for one another."""
        end = time.monotonic() + seconds
        while not is_so() and time.monotonic() < end:
            poll = select.poll()
            for source in (*self._guard.listeners, self._waker, *sources):
                poll.register(source, select.POLLIN)
            for fd, event in poll.poll(_WAIT_MILLISECONDS):
                if fd in self._guard.listeners:
                    self._guard.answer(fd) if event & select.POLLIN else self._guard.hung_up(fd)
                elif fd == self._waker.fileno():
                    _drain(self._waker)
            self.exits.update(reap())

    def end_processes_of(self, branch: Branch, keep: Collection[int] = ()) -> None:
        """Kill what the branch has started, but no copy, no other branch, and none of `keep`."""
        others = [other for other in self._branches if other is not branch]
        spared = {*keep, self._helper, *(copy.pid for copy in branch.copies)}
        for other in others:
            spared.update([other.worker.pid, *(copy.pid for copy in other.copies)])

        def victims() -> list[int]:
            found = [pid for pid in descendants(os.getpid()) if pid not in spared]
            return [pid for pid in found if self.place_of(pid) in branch.places] if others else found

        end_processes(victims)
        self.exits.update(reap())

    def _is_protected(self, pid: int) -> bool:
        if pid == 0:  # the caller's own group, in which nothing of ours is
            return False
        for branch in self._branches:
            for copy in branch.copies:
                if not copy.pid:
                    self.await_copy(copy)
                if copy.pid == pid:
                    return True
        return pid in (1, self._helper)

    # Forks

    def add_branch(
        self, session: str, copy: WorkerHandle, cells_run: int, outputs: KeptOutputs, limits: dict[str, int]
    ) -> None:
        """Make `copy` the worker of a new session, to which the host then connects. Raises OSError."""
        pipes = OutputPipes()
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(self._place.socket_path(session))
        listener.listen(1)
        self._place.stage(session)
        self._guard.allow_entering(copy.pid)
        try:
            command = {"type": "branch", "session": session, "scratchBytes": limits["scratchBytes"]}
            copy.send_with_sockets(command, [os.dup(fd) for fd in pipes.standard[1:]])
            answers: list[bytes] = []

            def has_entered() -> bool:
                answers.extend(body for _, body in copy.read())
                return bool(answers) or copy.closed

            self._until(has_entered, _OPEN_SECONDS, copy.socket)
        finally:
            self._guard.allow_entering(0)
            self._place.unstage()
        answer = decode(answers[0]) if answers else {"type": "refused", "message": "it ended"}
        if answer["type"] != "entered":
            copy.end()
            listener.close()
            raise OSError(f"the fork could not get a workspace of its own ({answer.get('message')})")
        branch = Branch(self, session, copy, pipes, outputs, cells_run)
        self._branches.append(branch)
        self._arrivals[listener] = branch

    def _welcome(self, listener: socket.socket) -> None:
        branch = self._arrivals.pop(listener)
        wire, _ = listener.accept()
        os.unlink(self._place.socket_path(branch.session))
        listener.close()
        wire.settimeout(_OPEN_SECONDS)
        branch.connect(wire, read_frame(wire))

    def _end_branch(self, branch: Branch) -> None:
        branch.end()
        self._branches.remove(branch)
        if self._branches:
            self.end_processes_of(branch)


def _do_nothing(*_: object) -> None:
    """Handle a signal: that it has come is what matters."""


def _drain(sock: socket.socket) -> None:
    try:
        sock.recv(4096)
    except BlockingIOError:
        pass
