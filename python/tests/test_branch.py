"""Tests of a branch, with a process that stands for its worker."""

from __future__ import annotations

import socket
import subprocess
import sys
import unittest
from types import SimpleNamespace

from codeact_kernel.branch import Branch
from codeact_kernel.kept_outputs import KeptOutputs
from codeact_kernel.pipes import OutputPipes
from codeact_kernel.rehearsal import LIMITS
from codeact_kernel.wire import PROTOCOL_VERSION, FrameReader, decode, encode
from codeact_kernel.worker_handle import WorkerHandle


class KilledWorkerTest(unittest.TestCase):
    def test_an_end_of_the_cell_that_comes_after_the_kill_does_not_count(self) -> None:
        process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        (ours, theirs), (host, wire) = socket.socketpair(), socket.socketpair()
        for sock in (ours, theirs, host, wire):
            self.addCleanup(sock.close)
        worker = WorkerHandle(ours, process.pid)
        ours.setblocking(False)
        supervisor = SimpleNamespace(
            await_copy=lambda _copy: False, place_of=lambda _pid: None, cell_starts=lambda _session: None, exits={}
        )
        branch = Branch(supervisor, "first", worker, OutputPipes(), KeptOutputs())
        self.addCleanup(branch.pipes.close)
        request = {"session": "first", "limits": LIMITS, "transactions": False}
        branch.connect(wire, {"type": "open", "version": PROTOCOL_VERSION, **request})

        host.sendall(encode({"type": "execute", "id": 1, "code": "fill()"}))
        branch.read_wire()
        order = decode(next(iter(FrameReader().feed(theirs.recv(1 << 16)))))
        branch.kill_worker("memory")
        theirs.sendall(encode({"type": "done", "id": 1, "token": order["token"], "status": "ok"}))
        branch.proceed({worker.socket.fileno()})

        self.assertIsNotNone(branch.cell)
        self.assertEqual(branch.cell and branch.cell.killed_for, "memory")
        said = [decode(body)["type"] for body in FrameReader().feed(host.recv(1 << 16))]
        self.assertEqual(said, ["ready"])


if __name__ == "__main__":
    unittest.main()
