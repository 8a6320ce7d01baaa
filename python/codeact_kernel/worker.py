"""The process that runs the cells of one session.

It takes commands from its supervisor, one at a time:

- ``execute``: runs a cell, sends its outputs as they happen, then ``done``.
- ``provide``: defines the functions that the host provides.
- ``checkpoint``: forks a frozen copy of itself that listens on the socket that came with the command.
  The live process goes on, so its threads and open connections are untouched.

A frozen copy that is told to ``thaw`` becomes the worker.
"""

from __future__ import annotations

import _signal
import ctypes
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
from .libc import block_signals, finish_fork, fork_sibling, set_signal_mask
from .preload import reseed
from .thread_pools import pause_openmp
from .variables import list_variables
from .wire import decode, encode, frame_bytes

# Bound now, so that nothing the cells patch later can get between a cell and its report.
_fork, _exit, _getpid, _dup2, _fstat = os.fork, os._exit, os.getpid, os.dup2, os.fstat
_setsid, _stat, _waitpid, _sigtimedwait = os.setsid, os.stat, os.waitpid, signal.sigtimedwait
_getrusage, _monotonic = resource.getrusage, time.monotonic
_current_thread = threading.current_thread

# Not that of `signal`: it looks each handler up among the names of constants, and fails for functions.
_set_handler = _signal.signal

_FROZEN = encode({"type": "frozen"})
_USUAL_COMMAND = frame_bytes({"type": "execute", "id": 1, "token": "0" * 16, "code": "1 + 1"})
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

    def serve(self, sock: socket.socket, standard: tuple[int, int, int], seed: int | None) -> None:
        """Obey the supervisor at the other end of `sock` until it is gone.

        `standard` are private copies of the descriptors that 0, 1 and 2 must be when a cell starts; `seed` is that
        of random numbers.
        """
        self._standard = standard
        self._seeded = seed is not None
        finish_fork()
        reseed(seed)
        self._pid = _getpid()
        self._channel = Channel(sock, standard[1:], self._calls.settle)
        saved_variables.folder = self._calls.folder = os.getcwd()
        if "" not in sys.path:
            sys.path.insert(0, "")
        packages.use(os.getcwd())
        self._calls.connect(self._channel)
        while True:
            command = self._channel.receive()
            if command is None:
                return
            kind = command["type"]
            if kind == "execute":
                self._execute(command)
            elif kind == "provide":
                self._functions.provide(command["functions"], command["modules"])
            elif kind == "checkpoint":
                self._checkpoint(command)
                if self._channel.is_quiet():
                    self._touch()
            elif kind == "variables":
                self._channel.send({"type": "variables", "variables": self._list_variables()})

    def _execute(self, command: dict[str, Any]) -> None:
        self._cell = command["id"]
        self._restore_descriptors()
        packages.refresh()
        _set_handler(signal.SIGINT, self._on_interrupt)
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

    def _touch(self) -> None:
        """Go through what every cell needs: see Interpreter.touch."""
        self._displaced_descriptors()
        command = decode(_USUAL_COMMAND)
        before = _getrusage(resource.RUSAGE_SELF)
        self._interpreter.touch(encode)
        encode({"type": "done", "token": command["token"], "cpuMs": before.ru_utime * 1000})

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
        if frame["type"] == "value":  # nothing is left to do then but to say so
            self._channel.send_with_next(frame)
        else:
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
        with self._channel.hold():
            mask = block_signals(_IGNORED_WHILE_FROZEN)
            restore = _fork_asleep(sock)
            if restore is None:
                set_signal_mask(mask)
                sock.close()
                return
            self._channel.move(sock)
            self._calls.connect(self._channel)
        self._pid = _getpid()
        self._is_branch = self._wait_for_thaw()
        handlers = {number: _set_handler(number, _signal.SIG_IGN) for number in _IGNORED_WHILE_FROZEN}
        set_signal_mask(mask)
        for number, handler in handlers.items():
            _set_handler(number, _signal.SIG_DFL if handler is None else handler)
        if not self._is_branch or self._seeded:
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
        if not self._seeded:
            reseed()
        self._channel.send({"type": "entered"})

    def _list_variables(self) -> list[dict[str, Any]]:
        return list_variables(self._interpreter.namespace)

    def _restore_descriptors(self) -> None:
        """Undo what an earlier cell may have done to descriptors 0, 1 and 2."""
        for target, source in self._displaced_descriptors():
            _dup2(source, target)

    def _displaced_descriptors(self) -> list[tuple[int, int]]:
        displaced = []
        for target, source in enumerate(self._standard):
            try:
                if os.path.samestat(_fstat(target), _fstat(source)):
                    continue
            except OSError:
                pass
            displaced.append((target, source))
        return displaced


def _fork_asleep(sock: socket.socket) -> Callable[[], None] | None:
    """Fork a process that is not our child, so that no cell can see it in os.wait, and that sleeps on `sock`.

    Returns None, and in that process, once its first command has come, what puts back the random generators.
    Without a process to be had there is none, and its socket closes.
    """
    restore: list[Callable[[], None]] = []

    def sleep() -> None:
        _sleep(sock)
        restore.append(_random_state())  # Python reseeds its own as the last part of a fork

    try:
        if _is_threaded():
            pause_openmp()
        if not _is_threaded():
            return None if fork_sibling(sleep) else restore[0]
    except OSError:
        pass
    # Threads may hold locks that only the C library's own fork waits for; it makes children, though, so the
    # child leaves its place to a child of its own.
    mask = block_signals([signal.SIGCHLD])
    restore.append(_random_state())
    try:
        middle = _fork()
        if middle == 0:
            _leave_to_child()
            set_signal_mask(mask)
            _sleep(sock)
            return restore[0]
        _waitpid(middle, 0)
        _sigtimedwait({signal.SIGCHLD}, 0)
    except OSError:
        pass
    set_signal_mask(mask)
    return None


def _is_threaded() -> bool:
    return _stat("/proc/self/task").st_nlink != 3  # a folder has two links, and one more for each folder in it


def _sleep(sock: socket.socket) -> None:
    """Be a frozen copy until a command comes: it touches as little memory as possible, since all is shared."""
    try:
        _setsid()
        sock.send(_FROZEN)
        if sock.recv(1, socket.MSG_PEEK):
            return
    except OSError:
        pass
    _exit(0)


def _leave_to_child() -> None:
    """Return in a child of this process, which ends."""
    child = -1
    try:
        child = _fork()
    finally:
        if child:
            _exit(0)


def _random_state() -> Callable[[], None]:
    """Return what puts the random generators back."""
    module = sys.modules.get("random")
    try:
        state = module.getstate()  # type: ignore[union-attr]
    except Exception:  # it is not imported, or a cell has put something else in its place
        return lambda: None
    return lambda: module.setstate(state)  # type: ignore[union-attr]


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
