"""The process that owns a session: in a sandbox it is process 1 of the session, and runs no code of it.

It waits for all that can happen to its branches (see branch.py) and keeps what they share: the exits of
processes, the guard of system calls, and the meter of what they use together.
"""

from __future__ import annotations

import _signal
import contextlib
import math
import os
import select
import signal
import socket
import time
from typing import Any, Callable, Collection, Iterable, Protocol

from .branch import Branch
from .kept_outputs import KeptOutputs
from .pipes import OutputPipes
from .processes import descendants, end_processes, reap
from .syscall_guard import SyscallGuard
from .wire import ProtocolError, decode, read_frame
from .worker import Worker
from .worker_handle import NoWorker, WorkerHandle, start_worker

_LOOK_SECONDS = 0.1
_OPEN_SECONDS = 5.0
# As long as the host waits for a session to open.
_ARRIVAL_SECONDS = 60.0
_COPY_SECONDS = 2.0
_WAIT_MILLISECONDS = 20


class Place(Protocol):
    """Where branches live: BarePlace or SandboxPlace."""

    def socket_path(self, session: str) -> str: ...
    def stage(self, session: str) -> None: ...
    def unstage(self) -> None: ...
    def enter(self, session: str, scratch_bytes: int) -> None: ...
    def enter_anew(self, session: str, scratch_bytes: int) -> None: ...
    def place_of(self, pid: int) -> object: ...


class Meter(Protocol):
    """Tells when sessions use too much: see usage.py."""

    def watch(self, session: str, pid: int | str = "self") -> None: ...
    def forget(self, session: str) -> None: ...
    def start_cell(self, session: str) -> None: ...
    def exceeded(self, running: Collection[str]) -> dict[str, str]: ...


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
        self._arrivals: dict[socket.socket, tuple[Branch, float]] = {}
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
        if meter:
            meter.watch(request["session"])
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
            self._reap()
            if self._start_helper and self._helper in self.exits:
                del self.exits[self._helper]
                self._helper = self._start_helper()
        for listener, (branch, ends) in list(self._arrivals.items()):
            if listener.fileno() in ready:
                self._welcome(listener, branch)
            elif time.monotonic() > ends:
                self._give_up(listener, branch)
        for branch in [branch for branch in self._branches if branch.wire]:
            branch.proceed(ready)
            if branch.closed:
                self._end_branch(branch)
        self._check_usage()

    def _wait(self) -> set[int]:
        sources = dict.fromkeys((self._waker.fileno(), *self._guard.listeners), select.POLLIN)
        waits = []
        for arrival, (_, ends) in self._arrivals.items():
            sources[arrival.fileno()] = select.POLLIN
            waits.append(max(0.0, ends - time.monotonic()))
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

    def cell_starts(self, session: str) -> None:
        """Tell the meter that what is used now is not the fault of the session's next cell."""
        if self._meter:
            self._meter.start_cell(session)

    def _check_usage(self) -> None:
        running = {branch.session: branch for branch in self._branches if branch.cell}
        if self._meter and running:
            for session, reason in self._meter.exceeded(running).items():
                running[session].kill_worker(reason)

    # Processes

    def start_fresh_worker(self, branch: Branch, scratch_bytes: int, seed: int | None) -> WorkerHandle:
        """Fork a worker without any variables for a branch; `seed` is that of its random numbers. Raises OSError."""
        prepare = self._prepare_worker
        if branch.is_fork:
            self._place.stage(branch.session)

            def prepare() -> int | None:
                self._place.enter_anew(branch.session, scratch_bytes)
                return self._prepare_worker()

        try:
            handle, listener = start_worker(self._unused_worker, branch.pipes.standard, prepare, seed)
        finally:
            if branch.is_fork:
                self._place.unstage()
        if branch.is_fork and self._meter:
            self._meter.watch(branch.session, handle.pid)
        if listener is not None:
            self._guard.listeners.add(listener)
        self.exits.pop(handle.pid, None)
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

    def await_copies(self, copies: Iterable[WorkerHandle]) -> None:
        """Wait for copies that a worker is making: they do not come when it ends before."""
        for copy in copies:
            self.await_copy(copy)

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
            self._reap()

    def _reap(self) -> None:
        """Note how workers ended: how others did matters to nobody, and their pids are used again."""
        for pid, status in reap().items():
            if pid == self._helper or any(branch.worker.pid == pid for branch in self._branches):
                self.exits[pid] = status

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
        self._reap()

    def _is_protected(self, pid: int, caller: int) -> bool:
        if pid == 0:  # the caller's own group, in which nothing of ours is
            return False
        for branch in self._branches:
            for copy in branch.copies:
                if not copy.pid:
                    self.await_copy(copy)
                if copy.pid == pid:
                    return True
        if pid in (1, self._helper):
            return True
        place = self.place_of(pid) if len(self._branches) > 1 else None
        return place is not None and place != self.place_of(caller)

    # Forks

    def add_branch(
        self, session: str, copy: WorkerHandle, cells_run: int, outputs: KeptOutputs, limits: dict[str, int]
    ) -> None:
        """Make `copy` the worker of a new session, to which the host then connects. Raises OSError."""
        with contextlib.ExitStack() as undo:
            undo.callback(copy.end)
            pipes = OutputPipes()
            undo.callback(pipes.close)
            listener = undo.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
            path = self._place.socket_path(session)
            listener.bind(path)
            undo.callback(os.unlink, path)
            listener.listen(1)
            command = {"type": "branch", "session": session, "scratchBytes": limits["scratchBytes"]}
            self._let_enter(copy, command, pipes)
            if self._meter:
                self._meter.watch(session, copy.pid)
            undo.pop_all()
        branch = Branch(self, session, copy, pipes, outputs, cells_run)
        self._branches.append(branch)
        self._arrivals[listener] = branch, time.monotonic() + _ARRIVAL_SECONDS

    def _let_enter(self, copy: WorkerHandle, command: dict[str, Any], pipes: OutputPipes) -> None:
        self._place.stage(command["session"])
        self._guard.allow_entering(copy.pid)
        answers: list[bytes] = []
        try:
            copy.send_with_sockets(command, [os.dup(fd) for fd in pipes.standard[1:]])

            def has_entered() -> bool:
                answers.extend(body for _, body in copy.read())
                return bool(answers) or copy.closed

            self._until(has_entered, _OPEN_SECONDS, copy.socket)
        finally:
            self._guard.allow_entering(0)
            self._place.unstage()
        answer = decode(answers[0]) if answers else {"type": "refused", "message": "it ended"}
        if answer["type"] != "entered":
            raise OSError(f"the fork could not get a workspace of its own ({answer.get('message')})")

    def _welcome(self, listener: socket.socket, branch: Branch) -> None:
        try:
            wire, _ = listener.accept()
            wire.settimeout(_OPEN_SECONDS)
            branch.connect(wire, read_frame(wire))
        except (OSError, LookupError, ProtocolError):
            self._give_up(listener, branch)
        else:
            self._stop_listening(listener, branch)

    def _give_up(self, listener: socket.socket, branch: Branch) -> None:
        """End a fork to which the host does not come, or from which it has gone already."""
        self._stop_listening(listener, branch)
        self._end_branch(branch)

    def _stop_listening(self, listener: socket.socket, branch: Branch) -> None:
        del self._arrivals[listener]
        listener.close()
        os.unlink(self._place.socket_path(branch.session))

    def _end_branch(self, branch: Branch) -> None:
        branch.end()
        self._branches.remove(branch)
        if self._meter:
            self._meter.forget(branch.session)
        if self._branches:
            self.end_processes_of(branch)


def _do_nothing(*_: object) -> None:
    """Handle a signal: that it has come is what matters."""


def _drain(sock: socket.socket) -> None:
    try:
        sock.recv(4096)
    except BlockingIOError:
        pass
