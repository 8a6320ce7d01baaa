"""The supervisor's say in the system calls that its filter does not decide alone.

Calls that send signals or enter namespaces stop until the supervisor answers (seccomp_unotify(2)). It lets
them pass unless they aim at a process that a session must not be able to end: a frozen copy, or a process
of another branch. Namespaces are for a copy alone that the supervisor itself has told to become a branch.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import struct
from typing import Callable

from .seccomp import ENTERING_CALLS, SIGNAL_CALLS, number_of

_RECEIVE, _ANSWER, _CONTINUE = 0xC050_2100, 0xC018_2101, 1
_NOTIFICATION = struct.Struct("=QIIiIQ6Q")
_RESPONSE = struct.Struct("=QqiI")


class SyscallGuard:
    """Answers the calls of the processes behind `listeners`.

    `is_protected` tells of a pid, and of that of the caller, whether the caller must not send signals to it.
    """

    def __init__(self, is_protected: Callable[[int, int], bool]) -> None:
        self.listeners: set[int] = set()
        self._is_protected = is_protected
        self._entering = 0
        self._targets = {number_of(name): targets for name, targets in SIGNAL_CALLS.items()}
        self._entries = {number_of(name) for name in ENTERING_CALLS}

    def allow_entering(self, pid: int) -> None:
        """Let this process, and no other, make namespaces and mounts; 0 for none."""
        self._entering = pid

    def answer(self, listener: int) -> None:
        """Answer one waiting call; forget the listener when all processes behind it are gone."""
        buffer = bytearray(_NOTIFICATION.size)
        try:
            fcntl.ioctl(listener, _RECEIVE, buffer)
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.EINTR):
                self._forget(listener)
            return
        call_id, pid, _, number, _, _, *arguments = _NOTIFICATION.unpack(buffer)
        allowed = self._is_allowed(pid, number, arguments)
        verdict = (0, _CONTINUE) if allowed else (-errno.EPERM, 0)
        try:
            fcntl.ioctl(listener, _ANSWER, bytearray(_RESPONSE.pack(call_id, 0, *verdict)))
        except OSError:
            pass  # the caller is gone

    def hung_up(self, listener: int) -> None:
        """Note that no process is left behind the listener."""
        self._forget(listener)

    def _is_allowed(self, pid: int, number: int, arguments: list[int]) -> bool:
        if number in self._entries:
            return pid == self._entering
        targets = [ctypes.c_int32(value & 0xFFFF_FFFF).value for value in arguments[: self._targets[number]]]
        # -1 is everybody, frozen copies included; less than that is a group, named by its first process.
        return not any(target == -1 or self._is_protected(abs(target), pid) for target in targets)

    def _forget(self, listener: int) -> None:
        if listener in self.listeners:
            self.listeners.discard(listener)
            os.close(listener)
