"""Tests of the supervisor: over its wire, without isolation."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import unittest
from typing import Any

from codeact_kernel.rehearsal import LIMITS
from codeact_kernel.supervisor import Supervisor
from codeact_kernel.wire import PROTOCOL_VERSION, FrameReader, decode, encode

_KERNEL = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Host:
    """The host's side of a wire."""

    def __init__(self, wire: socket.socket) -> None:
        self.wire = wire
        self._reader = FrameReader()
        self._frames: list[dict[str, Any]] = []

    def send(self, **frame: Any) -> None:
        self.wire.sendall(encode(frame))

    def open(self, session: str) -> None:
        self.send(type="open", version=PROTOCOL_VERSION, session=session, limits=LIMITS, transactions=True)
        self.await_frame("ready")

    def await_frame(self, kind: str) -> dict[str, Any]:
        while True:
            while self._frames:
                frame = self._frames.pop(0)
                if frame["type"] == kind:
                    return frame
            data = self.wire.recv(1 << 16)
            if not data:
                raise EOFError(f"closed before {kind}")
            self._frames.extend(map(decode, self._reader.feed(data)))

    def run(self, number: int, code: str) -> dict[str, Any]:
        self.send(type="execute", id=number, code=code)
        return self.await_frame("done")


class ForksTest(unittest.TestCase):
    def setUp(self) -> None:
        self.parent = tempfile.TemporaryDirectory()
        self.addCleanup(self.parent.cleanup)
        for session in ("first", "second"):
            os.mkdir(os.path.join(self.parent.name, session))
        ours, theirs = socket.socketpair()
        fd = theirs.fileno()
        self.kernel = subprocess.Popen(
            [sys.executable, "-m", "codeact_kernel", "serve", "--fd", str(fd)],
            cwd=os.path.join(self.parent.name, "first"),
            env={**os.environ, "PYTHONPATH": _KERNEL},
            pass_fds=[fd],
        )
        self.addCleanup(self.kernel.wait)
        theirs.close()
        ours.settimeout(30)
        self.first = Host(ours)
        self.addCleanup(ours.close)
        self.first.open("first")
        self.assertEqual(self.first.run(1, "x = 1")["status"], "ok")
        self.first.send(type="fork", id=2, session="second")
        self.first.await_frame("did")

    def _reach_fork(self) -> socket.socket:
        wire = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        wire.settimeout(30)
        wire.connect(os.path.join(self.parent.name, "second.sock"))
        return wire

    def test_a_fork_that_its_host_leaves_before_it_opens_it_ends_alone(self) -> None:
        self._reach_fork().close()
        self.assertEqual(self.first.run(3, "assert x == 1")["status"], "ok")
        self.first.wire.close()
        self.assertEqual(self.kernel.wait(30), 0)

    def test_a_fork_outlives_the_session_that_it_comes_from(self) -> None:
        self.first.wire.close()
        wire = self._reach_fork()
        second = Host(wire)
        second.open("second")
        self.assertEqual(second.run(1, "assert x == 1")["status"], "ok")
        wire.close()
        self.assertEqual(self.kernel.wait(30), 0)


class ExitsTest(unittest.TestCase):
    def test_nothing_is_kept_of_processes_that_are_no_workers(self) -> None:
        supervisor = Supervisor(None, lambda: None, None)  # type: ignore[arg-type]
        pid = os.fork()
        if pid == 0:
            os._exit(3)
        self.assertIsNone(supervisor.await_exit(0, 0.2))
        with self.assertRaises(ChildProcessError):  # it has been reaped
            os.waitpid(pid, 0)
        self.assertEqual(supervisor.exits, {})


if __name__ == "__main__":
    unittest.main()
