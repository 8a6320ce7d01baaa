"""The process that owns a session's wire: in a sandbox it is process 1 of the session.

It forks the worker that runs the cells, passes frames on in the order in which things happened, enforces
deadlines, and keeps frozen copies of the worker. When the worker dies, the newest copy takes its place,
so that a cell that kills its interpreter leaves the state before that cell.
"""

from __future__ import annotations

import os
import platform
import select
import signal
import socket
import time
from typing import Any, Callable

from .limits import limit_process
from .outgoing import Outgoing
from .pipes import OutputPipes
from .processes import describe_exit, end_descendants, interrupt_group, kill, reap
from .running_cell import RunningCell
from .wire import PROTOCOL_VERSION, FrameReader, ProtocolError, decode, encode, frame_bytes
from .worker_handle import WorkerHandle, start_worker, wait_until_frozen

# How long a worker that closed its channel may take to die before it is killed.
_EXIT_SECONDS = 1.0
_INTERRUPT_REPEAT_SECONDS = 0.1
_OUTPUT_TYPES = ("stream", "display", "value", "error")


class Supervisor:
    """Serves one session. `prepare_worker` runs in each new worker before any code of the session does."""

    def __init__(self, prepare_worker: Callable[[], None] = lambda: None) -> None:
        self._prepare_worker = prepare_worker
        self._pipes = OutputPipes()
        self._waker, self._wake = socket.socketpair()
        self._queue: list[dict[str, Any]] = []
        self._cell: RunningCell | None = None
        self._cells_run = 0
        self._copies: list[tuple[int, WorkerHandle]] = []
        self._exits: dict[int, int] = {}

    def start_worker(self) -> None:
        """Fork the worker, which can be done before there is anything to serve."""
        for sock in (self._waker, self._wake):
            sock.setblocking(False)
        signal.set_wakeup_fd(self._wake.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(ignored, signal.SIG_IGN)
        self._worker = start_worker(self._pipes.standard, self._prepare_worker)

    def serve(self, wire: socket.socket, limits: dict[str, int], transactions: bool, folder: str) -> None:
        """Run cells in `folder` until the host closes `wire`, then end every process of the session.

        `limits` is what the host sends: see SessionLimits in src/execution/runtime.ts.
        """
        self._limits = limits
        self._transactions = transactions
        self._wire = wire
        self._wire_reader = FrameReader()
        self._host = Outgoing(wire)
        os.chdir(folder)
        limit_process(self._worker.pid, limits)
        self._worker.send({"type": "start", "folder": folder})
        self._host.send(encode(_ready()))
        try:
            while self._serve_once():
                pass
        except ProtocolError:
            pass  # the host does not speak this protocol: nothing can be said to it
        finally:
            end_descendants()

    def _serve_once(self) -> bool:
        ready = self._wait()
        if self._wire.fileno() in ready and not self._read_wire():
            return False
        self._host.flush()
        self._worker.flush()
        if self._waker.fileno() in ready:
            _drain(self._waker)
            self._exits.update(reap())
        if not self._host.congested:
            self._pass_outputs_on()
        self._check_deadline()
        return True

    def _wait(self) -> set[int]:
        poll = select.poll()
        poll.register(self._waker, select.POLLIN)
        poll.register(self._wire, select.POLLIN | (select.POLLOUT if self._host.waiting else 0))
        if not self._host.congested:
            poll.register(self._worker.socket, select.POLLIN | (select.POLLOUT if self._worker.waiting else 0))
            for source in (*self._pipes.readable, *(copy.socket for _, copy in self._copies)):
                poll.register(source, select.POLLIN)
        seconds = self._cell.seconds_left() if self._cell else None
        return {fd for fd, _ in poll.poll(None if seconds is None else max(0.0, seconds) * 1000)}

    # What the host wants

    def _read_wire(self) -> bool:
        try:
            data = self._wire.recv(1 << 18)
        except BlockingIOError:
            return True
        except OSError:
            return False
        for body in self._wire_reader.feed(data):
            command = decode(body)
            if command["type"] == "execute":
                self._queue.append(command)
                self._start_next_cell()
            elif command["type"] == "interrupt" and self._cell and self._cell.id == command["id"]:
                self._stop_cell(self._cell, "interrupted")
        return bool(data)

    def _start_next_cell(self) -> None:
        if self._cell or not self._queue:
            return
        command = self._queue.pop(0)
        timeout_ms = command.get("timeoutMs") or self._limits["timeoutMs"]
        self._cell = RunningCell(command["id"], timeout_ms / 1000, self._limits["outputBytes"])
        self._worker.send({"type": "execute", "id": command["id"], "code": command["code"]})

    # What the worker and its subprocesses produce

    def _pass_outputs_on(self) -> None:
        """Forward frames and what lies in the pipes, in the order of causes.

        What lies in a pipe was written after every frame that its writer sent before it. So: note how much
        each pipe holds, take the frames, then take that much from the pipes. The worker sends nothing while
        a pipe holds something, so no later frame slips in between.
        """
        noted = self._pipes.pending()
        worker = self._worker
        for frame_type, body in worker.read():
            self._accept(frame_type, body)
        self._forward_pipes(noted)
        for _, copy in self._copies:
            for _ in copy.read():
                pass
        self._forget_copies()
        if worker.closed or worker.pid in self._exits:
            for frame_type, body in worker.read_rest():
                self._accept(frame_type, body)
            self._replace_worker()

    def _accept(self, frame_type: str, body: bytes) -> None:
        if frame_type in _OUTPUT_TYPES:
            self._forward(frame_type, body)
        elif frame_type == "done" and self._cell:
            self._drain_pipes()
            self._finish_cell(self._cell, decode(body))

    def _drain_pipes(self) -> None:
        while any(noted := self._pipes.pending()):
            self._forward_pipes(noted)

    def _forward_pipes(self, noted: tuple[int, int]) -> None:
        for name, text in self._pipes.read(noted):
            self._forward_text(name, text)

    def _forward_text(self, name: str, text: str) -> None:
        frame = {"type": "stream", "name": name, "text": text, "id": self._cell.id if self._cell else 0}
        self._forward("stream", frame_bytes(frame))

    def _forward(self, frame_type: str, body: bytes) -> None:
        passed = self._cell.output.accept(frame_type, body) if self._cell else body
        if passed is not None:
            self._send_body(passed)

    def _send_body(self, body: bytes) -> None:
        self._host.send(len(body).to_bytes(4, "big") + body)

    # The end of a cell

    def _finish_cell(self, cell: RunningCell, done: dict[str, Any], state: str = "kept") -> None:
        omitted, tail = cell.output.finish()
        if omitted:
            self._host.send(encode({"type": "truncated", "id": cell.id, "omittedBytes": omitted}))
        for body in tail:
            self._send_body(body)
        self._cell = None
        self._cells_run += 1
        status = done.get("status")
        if cell.stop_reason and status in ("interrupted", "crashed"):
            done["status"] = cell.stop_reason
        elif status == "interrupted":
            done["status"] = "error"  # the code raised KeyboardInterrupt itself
        done.update(id=cell.id, state=state, executionCount=self._cells_run, wallMs=cell.wall_ms())
        self._host.send(encode(done))
        self._checkpoint()
        self._start_next_cell()

    def _check_deadline(self) -> None:
        cell = self._cell
        if cell is None or cell.seconds_left() > 0:
            return
        if cell.stop_reason is None:
            self._stop_cell(cell, "timeout")
        elif cell.grace_is_over():
            cell.killed = True
            kill(self._worker.pid)
            cell.wait(_EXIT_SECONDS)
        else:
            interrupt_group(self._worker.pid)
            cell.wait(_INTERRUPT_REPEAT_SECONDS)

    def _stop_cell(self, cell: RunningCell, reason: str) -> None:
        if cell.stop_reason is None:
            cell.stop(reason, self._limits["graceMs"] / 1000)
            interrupt_group(self._worker.pid)
            cell.wait(_INTERRUPT_REPEAT_SECONDS)

    # Workers and their frozen copies

    def _checkpoint(self) -> None:
        if self._transactions:
            ours, theirs = socket.socketpair()
            self._copies.append((self._cells_run, WorkerHandle(ours)))
            self._worker.send_with_socket({"type": "checkpoint"}, theirs)

    def _forget_copies(self) -> None:
        """Drop copies that died, and all that are older than one that is ready."""
        alive = [(count, copy) for count, copy in self._copies if not copy.closed]
        newest_ready = max((count for count, copy in alive if copy.pid), default=-1)
        kept = [(count, copy) for count, copy in alive if count >= newest_ready]
        for count, copy in self._copies:
            if (count, copy) not in kept:
                copy.end()
        self._copies = kept

    def _replace_worker(self) -> None:
        """Put the newest copy, or else a fresh worker, in the place of the worker that died."""
        crash = self._bury_worker()
        cell = self._cell
        if cell and cell.killed:
            crash = {"reason": "deadline"}
        state = self._resume()
        if cell:
            self._drain_pipes()
            done = {"type": "done", "status": "crashed", "crash": crash, "cpuMs": 0, "peakMemoryBytes": 0}
            self._finish_cell(cell, done, state)
        else:
            self._forward_text("stderr", _idle_crash_text(crash, state))
            self._checkpoint()

    def _bury_worker(self) -> dict[str, Any]:
        worker = self._worker
        end = time.monotonic() + _EXIT_SECONDS
        while worker.pid not in self._exits and time.monotonic() < end:
            self._exits.update(reap())
            time.sleep(0.001)
        status = self._exits.get(worker.pid)
        worker.end()
        for _, copy in self._copies:
            wait_until_frozen(copy, _EXIT_SECONDS)
        end_descendants(keep=[copy.pid for _, copy in self._copies])
        self._exits.clear()
        return {"reason": "unresponsive"} if status is None else describe_exit(status)

    def _resume(self) -> str:
        while self._copies:
            count, copy = self._copies.pop()
            if copy.pid and not copy.closed:
                copy.send({"type": "thaw"})
                self._worker = copy
                return "rolled-back" if count == self._cells_run else "lost"
            copy.end()
        self._worker = start_worker(self._pipes.standard, self._prepare_worker)
        limit_process(self._worker.pid, self._limits)
        return "lost" if self._cells_run else "rolled-back"


def _ready() -> dict[str, Any]:
    return {
        "type": "ready",
        "version": PROTOCOL_VERSION,
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
    }


def _idle_crash_text(crash: dict[str, Any], state: str) -> str:
    how = crash.get("signal") or f"exit code {crash['exitCode']}" if "exitCode" in crash else crash["reason"]
    fate = "as they were after the last cell" if state == "rolled-back" else "gone"
    return f"[The interpreter's process ended between two cells ({how}); its variables are {fate}.]\n"


def _drain(sock: socket.socket) -> None:
    try:
        sock.recv(4096)
    except BlockingIOError:
        pass
