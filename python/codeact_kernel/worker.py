"""The process that runs the cells of one session.

It takes commands from its supervisor, one at a time:

- ``execute``: runs a cell, sends its outputs as they happen, then ``done``.
- ``provide``: defines the functions that the host provides.
- ``checkpoint``: forks a frozen copy of itself that listens on the socket that came with the command.
  The live process goes on, so its threads and open connections are untouched.

A frozen copy that is told to ``thaw`` becomes the worker.
"""

from __future__ import annotations

import ctypes
import gc
import os
import resource
import signal
import socket
import sys
import threading
import time
from typing import Any, Callable

from . import packages, saved_variables
from .channel import Channel
from .host_calls import HostCalls
from .host_functions import HostFunctions
from .interpreter import Interpreter
from .libc import fork_sibling
from .preload import reseed
from .thread_pools import pause_openmp
from .variables import list_variables

# Bound now, so that nothing the cells patch later can get between a cell and its report.
_fork, _exit, _getpid, _dup2, _fstat = os.fork, os._exit, os.getpid, os.dup2, os.fstat
_listdir, _waitpid, _sigmask, _sigtimedwait = os.listdir, os.waitpid, signal.pthread_sigmask, signal.sigtimedwait
_getrusage, _monotonic = resource.getrusage, time.monotonic
_current_thread = threading.current_thread

_IGNORED_WHILE_FROZEN = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM, signal.SIGIO)

# Time for a cell to clean up before the next interrupt reaches it.
_INTERRUPT_PAUSE_SECONDS = 1.0


class Worker:
    """Runs cells for its supervisor. Built before the process that it serves in is forked.

    `place` moves a copy that becomes a branch: see BarePlace and SandboxPlace.
    """

    def __init__(self, place: Any) -> None:
        self._place = place
        self._cell = 0
        self._is_branch = False
        self._interruptible = False
        self._flush_c = _c_flush()
        self._interpreter = Interpreter(self._emit, self._ask, self._read_output)
        self._calls = HostCalls(self._interpreter.flush)
        self._functions = HostFunctions(self._calls)
        self._interpreter.finish_calls = self._calls.finish_cell
        self._interpreter.drop_calls = self._calls.drop_unawaited
        _remember_cells_of_threads(lambda: self._cell)

    def serve(self, sock: socket.socket, standard: tuple[int, int, int]) -> None:
        """Obey the supervisor at the other end of `sock` until it is gone.

        `standard` are private copies of the descriptors that 0, 1 and 2 must be when a cell starts.
        """
        self._pid = _getpid()
        self._standard = standard
        self._channel = Channel(sock, standard[1:], self._calls.settle)
        self._calls.folder = os.getcwd()
        packages.use(os.getcwd())
        self._calls.connect(self._channel)
        signal.signal(signal.SIGINT, self._on_interrupt)
        while True:
            command = self._channel.receive()
            if command is None:
                return
            kind = command["type"]
            if kind == "execute":
                self._execute(command)
            elif kind == "start":
                os.chdir(command["folder"])
                os.environ.update(command["environment"])
                saved_variables.folder = command["folder"]
                self._calls.folder = command["folder"]
                packages.use(command["folder"])
            elif kind == "provide":
                self._functions.provide(command["functions"], command["modules"])
            elif kind == "checkpoint":
                self._checkpoint(command)
                if self._channel.is_quiet():
                    self._interpreter.touch()
            elif kind == "variables":
                self._channel.send({"type": "variables", "variables": self._list_variables()})

    def _execute(self, command: dict[str, Any]) -> None:
        self._cell = command["id"]
        self._restore_descriptors()
        packages.refresh()
        signal.signal(signal.SIGINT, self._on_interrupt)
        before = _getrusage(resource.RUSAGE_SELF)
        status = self._interruptibly(command)
        self._flush_c(None)
        if _getpid() != self._pid:  # a process that the cell forked and that came out here as well
            _exit(0)
        after = _getrusage(resource.RUSAGE_SELF)
        cpu_seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        self._channel.send(
            {
                "type": "done",
                "id": self._cell,
                "token": command["token"],
                "status": status,
                "cpuMs": cpu_seconds * 1000,
                "peakMemoryBytes": after.ru_maxrss * 1024,
            }
        )

    def _interruptibly(self, command: dict[str, Any]) -> str:
        self._channel.interrupted = False
        self._last_interrupt = -_INTERRUPT_PAUSE_SECONDS
        self._interruptible = True
        try:
            silent = command.get("silent", False)
            return self._interpreter.run(command["code"], silent, command["number"], command["context"])
        except KeyboardInterrupt:  # arrived after the interpreter had finished
            return "interrupted"
        finally:
            self._interruptible = False

    def _on_interrupt(self, _signal: int, _frame: Any) -> None:
        """Raise KeyboardInterrupt in a running cell. The supervisor repeats the signal; most are ignored."""
        now = _monotonic()
        if not self._interruptible or now - self._last_interrupt < _INTERRUPT_PAUSE_SECONDS:
            return
        self._last_interrupt = now
        if self._channel.busy:
            self._channel.interrupted = True
        else:
            raise KeyboardInterrupt

    def _emit(self, frame: dict[str, Any]) -> None:
        thread = _current_thread()
        frame["id"] = getattr(thread, "_codeact_cell", self._cell)
        self._channel.send(frame)
        if self._channel.interrupted and self._channel.in_main_thread():
            self._channel.interrupted = False
            raise KeyboardInterrupt

    def _ask(self, prompt: str, password: bool) -> str:
        """Ask the person behind the session. Raises EOFError when there is none."""
        self._channel.send({"type": "input", "id": self._cell, "prompt": prompt, "password": password})
        reply = self._channel.receive()
        if reply is None or reply["type"] != "input-reply" or "text" not in reply:
            raise EOFError("input() has no one to ask here: put the value into the code instead")
        return str(reply["text"])

    def _read_output(self, number: int) -> dict[str, Any]:
        """Ask for the whole output of a cell. Raises RuntimeError where that cannot be done."""
        if _current_thread() is not threading.main_thread() or _getpid() != self._pid:
            raise RuntimeError("cell_output() works in the main thread of the interpreter only")
        self._channel.send({"type": "read-output", "number": number})
        reply = self._channel.receive()
        if reply is None or reply["type"] != "output-text":
            raise RuntimeError("the interpreter is being stopped")
        return reply

    def _checkpoint(self, command: dict[str, Any]) -> None:
        """Fork a frozen copy; the copy returns from here only once it is told to thaw."""
        descriptors = command["descriptors"]
        if not descriptors:  # the cells hold so many that there was no room for one more: there is no copy then
            return
        sock = socket.socket(fileno=descriptors[0])
        gc.freeze()
        random_states = _random_states()
        with self._channel.hold():
            is_copy = _fork_sibling()
            if not is_copy:
                sock.close()
                return
            self._channel.move(sock)
            self._calls.connect(self._channel)
        self._pid = _getpid()
        os.setsid()
        handlers = {number: signal.signal(number, signal.SIG_IGN) for number in _IGNORED_WHILE_FROZEN}
        self._channel.send({"type": "frozen"})
        self._is_branch = self._wait_for_thaw()
        for number, handler in handlers.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        if not self._is_branch:
            for restore in random_states:
                restore()

    def _wait_for_thaw(self) -> bool:
        """Wait until this copy becomes a worker; true when it is that of a branch."""
        while True:
            command = self._channel.receive()
            if command is None:
                _exit(0)
            elif command["type"] == "checkpoint":
                pid = _getpid()
                self._checkpoint(command)
                if _getpid() != pid:  # the copy of this copy, which has been thawed meanwhile
                    return self._is_branch
            elif command["type"] == "thaw":
                return False
            elif command["type"] == "branch":
                self._become_branch(command)
                return True

    def _become_branch(self, command: dict[str, Any]) -> None:
        for source, target in zip(command["descriptors"], (1, 2)):
            _dup2(source, self._standard[target])
            _dup2(source, target)
            os.close(source)
        try:
            self._place.enter(command["session"], command["scratchBytes"])
        except OSError as error:
            self._channel.send({"type": "refused", "message": str(error)})
            _exit(1)
        saved_variables.folder = os.getcwd()
        self._calls.folder = os.getcwd()
        packages.use(os.getcwd())
        reseed()
        self._channel.send({"type": "entered"})

    def _list_variables(self) -> list[dict[str, Any]]:
        return list_variables(self._interpreter.namespace)

    def _restore_descriptors(self) -> None:
        """Undo what an earlier cell may have done to descriptors 0, 1 and 2."""
        for target, source in enumerate(self._standard):
            try:
                if os.path.samestat(_fstat(target), _fstat(source)):
                    continue
            except OSError:
                pass
            _dup2(source, target)


def _fork_sibling() -> bool:
    """Fork a process that is not our child, so that no cell can see it in os.wait; true in that process.

    It is the supervisor's child. Without a process to be had there is none, and its socket closes.
    """
    try:
        if len(_listdir("/proc/self/task")) > 1:
            pause_openmp()
        if len(_listdir("/proc/self/task")) == 1:
            return fork_sibling() == 0
    except OSError:
        pass
    # Threads may hold locks that only the C library's own fork waits for; it makes children, though, so the
    # child leaves its place to a child of its own.
    mask = _sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    try:
        middle = _fork()
        if middle == 0:
            _leave_to_child()
            return True
        _waitpid(middle, 0)
        _sigtimedwait({signal.SIGCHLD}, 0)
        return False
    except OSError:
        return False
    finally:
        _sigmask(signal.SIG_SETMASK, mask)


def _leave_to_child() -> None:
    """Return in a child of this process, which ends."""
    child = -1
    try:
        child = _fork()
    finally:
        if child:
            _exit(0)


def _random_states() -> list[Callable[[], None]]:
    """Return what puts the random generators back: Python reseeds its own after a fork."""
    states: list[Callable[[], None]] = []
    module = sys.modules.get("random")
    if module is not None:
        state = module.getstate()
        states.append(lambda: module.setstate(state))
    return states


def _c_flush() -> Callable[[None], Any]:
    return ctypes.CDLL(None).fflush


def _remember_cells_of_threads(current_cell: Callable[[], int]) -> None:
    """Mark each new thread with the cell that starts it, so that late output is told apart."""
    start = threading.Thread.start

    def marked_start(self: threading.Thread) -> None:
        starter = _current_thread()
        self._codeact_cell = getattr(starter, "_codeact_cell", current_cell())  # type: ignore[attr-defined]
        start(self)

    marked_start.__doc__ = start.__doc__
    marked_start.__name__ = start.__name__
    marked_start.__qualname__ = start.__qualname__
    threading.Thread.start = marked_start  # type: ignore[method-assign]
