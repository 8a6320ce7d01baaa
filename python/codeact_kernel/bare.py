"""One session in an ordinary process, with the user's own rights: for code that is trusted."""

from __future__ import annotations

import os
import socket

from .libc import PR_SET_CHILD_SUBREAPER, prctl
from .supervisor import Supervisor
from .wire import read_frame


def serve_bare(wire: socket.socket) -> None:
    """Read the open frame, then serve the session on `wire` until the host closes it."""
    request = read_frame(wire)
    prctl(PR_SET_CHILD_SUBREAPER, 1)  # processes whose parent ended become ours, so that we can end them
    supervisor = Supervisor()
    supervisor.start_worker()
    supervisor.serve(wire, request["limits"], request["transactions"], os.getcwd())
