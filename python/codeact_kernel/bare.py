"""One session in an ordinary process, with the user's own rights: for code that is trusted."""

from __future__ import annotations

import os
import socket

from .libc import PR_SET_CHILD_SUBREAPER, prctl
from .supervisor import Supervisor
from .wire import read_frame
from .worker import Worker


class BarePlace:
    """Where branches of a bare session live: in folders of the host beside the session's own."""

    def __init__(self) -> None:
        self._parent = os.path.dirname(os.getcwd())

    def socket_path(self, session: str) -> str:
        """Return where the host connects to the branch."""
        return os.path.join(self._parent, f"{session}.sock")

    def stage(self, session: str) -> None:
        """Do nothing: every process can reach the folder."""

    def unstage(self) -> None:
        """Do nothing."""

    def enter(self, session: str, _scratch_bytes: int) -> None:
        """Move this process, a copy that becomes the branch's worker, to the branch's folder."""
        os.chdir(os.path.join(self._parent, session))

    enter_anew = enter

    @staticmethod
    def place_of(pid: int) -> object:
        """Return what tells the processes of one worker from others."""
        return os.getsid(pid)


def serve_bare(wire: socket.socket) -> None:
    """Read the open frame, then serve the session on `wire` until the host closes it."""
    request = read_frame(wire)
    prctl(PR_SET_CHILD_SUBREAPER, 1)  # processes whose parent ended become ours, so that we can end them
    place = BarePlace()
    supervisor = Supervisor(Worker(place), lambda: None, place)
    supervisor.prepare()
    supervisor.serve(wire, request, os.getcwd())
