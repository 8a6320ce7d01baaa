"""One session as its supervisor sees it: a wire to the host, a worker, and frozen copies of it.

The first session of a supervisor and every fork of it are branches of one another: they share a process
tree, and each has a worker, copies, pipes and a workspace of its own.
"""

from __future__ import annotations

import socket
from select import POLLIN, POLLOUT
from typing import TYPE_CHECKING, Any, Collection

from .cell_count import CellCount
from .copy_store import CopyStore
from .kept_outputs import KeptOutputs
from .limits import limit_process
from .outgoing import Outgoing
from .output_path import OutputPath
from .pipes import OutputPipes
from .processes import describe_exit, interrupt_group, kill, wake
from .reports import idle_crash_text, ready_frame
from .running_cell import RunningCell
from .wire import FrameReader, ProtocolError, decode, encode
from .worker_handle import NoWorker, WorkerHandle, fork_copy

if TYPE_CHECKING:
    from .supervisor import Supervisor

# How long a worker that closed its channel may take to die before it is killed, and a copy to be made.
_PATIENCE_SECONDS = 2.0
_INTERRUPT_REPEAT_SECONDS = 0.1
_OUTPUT_TYPES = ("stream", "display", "value", "error")
_PASSED_ON = ("answer", "call", "call-cancel", "input", "variables")
_CALL_REPLY = b'{"type":"call-reply"'


class Branch:
    """Runs cells for the host behind `wire`. `limits`, `transactions` and `seed` are those of its open frame."""

    def __init__(
        self,
        supervisor: Supervisor,
        session: str,
        worker: WorkerHandle,
        pipes: OutputPipes,
        outputs: KeptOutputs,
        cells_run: int = 0,
    ) -> None:
        self.session = session
        self.worker = worker
        self.pipes = pipes
        self.wire: socket.socket | None = None
        self.closed = False
        self.cell: RunningCell | None = None
        self._supervisor = supervisor
        self._outputs = outputs
        self._queue: list[dict[str, Any]] = []
        self._count = CellCount(cells_run)
        self._copies = CopyStore(supervisor.await_copy)
        self._provided: dict[str, Any] | None = None
        self.is_fork = worker.pid > 0
        self.places = {supervisor.place_of(worker.pid)} if self.is_fork else set()

    def connect(self, wire: socket.socket, request: dict[str, Any]) -> None:
        """Serve the host behind `wire`, which sent `request` as its open frame."""
        self.wire = wire
        self._reader = FrameReader()
        self._limits: dict[str, int] = request["limits"]
        self._transactions = bool(request["transactions"])
        self._seed: int | None = request.get("seed")
        self.host = Outgoing(wire)
        self._path = OutputPath(self.host, self.pipes, self._outputs)
        if self.is_fork:
            limit_process(self.worker.pid, self._limits)
            self._checkpoint()
        self.host.send(encode(ready_frame()))

    @property
    def copies(self) -> list[WorkerHandle]:
        """All frozen copies, ready or not."""
        return self._copies.all()

    def seconds_left(self) -> float | None:
        """Return the time until the running cell has to be looked at."""
        return self.cell.seconds_left() if self.cell else None

    # What the host wants

    def read_wire(self) -> None:
        """Take what the host has sent; an end of the stream, or a frame of no sense, closes the branch."""
        assert self.wire is not None
        try:
            data = self.wire.recv(1 << 18)
            for body in self._reader.feed(data):
                if not body.startswith(_CALL_REPLY):
                    self._obey(decode(body))
                elif self._takes_replies():
                    self.worker.send_body(body)
        except BlockingIOError:
            return
        except (OSError, ProtocolError):
            data = b""
        self.closed = self.closed or not data

    def _obey(self, command: dict[str, Any]) -> None:
        kind = command["type"]
        if kind == "interrupt":
            if self.cell and self.cell.id == command["id"]:
                self._stop_cell(self.cell, "interrupted")
        elif kind in ("pause", "resume"):
            if self.cell and self.cell.id == command["id"]:
                self.cell.pause() if kind == "pause" else self.cell.resume()
        elif kind == "input-reply":
            if self.cell and self.cell.id == command["id"]:
                self.worker.send(command)
        else:
            self._queue.append(command)
            self._take_next()

    def _takes_replies(self) -> bool:
        """Tell whether the worker takes what is sent to it; one that does not is killed."""
        if self.worker.is_deaf:
            self.kill_worker("memory")
        return not self.worker.is_deaf

    def _take_next(self) -> None:
        while self._queue and not self.cell:
            command = self._queue.pop(0)
            if isinstance(self.worker, NoWorker) and command["type"] != "provide":
                self.worker.end()
                self._start_worker()
            if command["type"] == "execute":
                self._start_cell(command)
            elif command["type"] == "variables":
                self.worker.send({"type": "variables"})
            else:
                self._answer(command)

    def _answer(self, command: dict[str, Any]) -> None:
        kind, number = command["type"], command["id"]
        actions = {"checkpoint": self._keep, "restore": self._restore, "drop": self._drop}
        actions.update(fork=self._fork, provide=self._provide)
        try:
            actions[kind](command)
        except (OSError, LookupError) as error:
            self.host.send(encode({"type": "failed", "id": number, "message": str(error)}))
        else:
            self.host.send(encode({"type": "did", "id": number}))

    def _start_cell(self, command: dict[str, Any]) -> None:
        timeout_ms = command.get("timeoutMs") or self._limits["timeoutMs"]
        self.cell = RunningCell(command["id"], timeout_ms / 1000, self._limits["outputBytes"])
        self._path.cell = self.cell
        order = {"type": "execute", "id": command["id"], "token": self.cell.token, "code": command["code"]}
        silent = bool(command.get("silent"))
        if silent:
            order["silent"] = True
        number = self._count.begin(silent)
        self._outputs.begin(None if silent else number)
        self.worker.send({**order, "number": number, "context": command.get("context") or {}})
        self._supervisor.cell_starts(self.session)

    # What the worker and its subprocesses produce

    def sources(self) -> dict[int, int]:
        """Return what to wait for, as descriptor -> events of poll."""
        if self.wire is None:
            return {}
        sources = {self.wire.fileno(): POLLIN | POLLOUT if self.host.waiting else POLLIN}
        if not self.host.congested:
            sources[self.worker.socket.fileno()] = POLLIN | POLLOUT if self.worker.waiting else POLLIN
            for readable in self.pipes.readable:
                sources[readable] = POLLIN
            for copy in self.copies:
                sources[copy.socket.fileno()] = POLLIN
        return sources

    def proceed(self, ready: Collection[int]) -> None:
        """Do what can be done, with what has become `ready`."""
        assert self.wire is not None
        if self.wire.fileno() in ready:
            self.read_wire()
        self.worker.flush()
        if not self.host.congested:
            self._pass_outputs_on(ready)
        self.host.flush()
        self.check_deadline()

    def _pass_outputs_on(self, ready: Collection[int]) -> None:
        """Forward frames and what lies in the pipes, in the order of causes.

        What lies in a pipe was written after every frame that its writer sent before it. So: note how much
        each pipe holds, take the frames, then take that much from the pipes. The worker sends nothing while
        a pipe holds something, so no later frame slips in between.
        """
        worker = self.worker
        from_worker = worker.socket.fileno() in ready
        if from_worker or any(readable in ready for readable in self.pipes.readable):
            noted = self.pipes.pending()
            if from_worker:
                for frame_type, body in worker.read():
                    self._accept(frame_type, body)
            self._path.forward_pipes(noted)
        heard = [copy for copy in self.copies if copy.socket.fileno() in ready]
        for copy in heard:
            for _ in copy.read():
                pass
        if heard:
            self._copies.forget()
        if worker is self.worker and (worker.closed or worker.pid in self._supervisor.exits):
            for frame_type, body in worker.read_rest():
                self._accept(frame_type, body)
            self._replace_worker()

    def _accept(self, frame_type: str, body: bytes) -> None:
        if frame_type in _OUTPUT_TYPES:
            self._path.forward(frame_type, body)
        elif frame_type in _PASSED_ON:
            self._path.send(body)
        elif frame_type == "read-output":
            self._read_output(body)
        elif frame_type == "done" and self.cell and not self.cell.killed_for:  # else it is too late
            try:
                done = decode(body)
            except ProtocolError:
                self.worker.closed = True
                return
            # Code of an earlier cell may have sent this in the worker's name; it can't have known the token.
            if done.pop("token", None) == self.cell.token:
                self._path.drain_pipes()
                self._finish_cell(self.cell, done)

    def _read_output(self, body: bytes) -> None:
        try:
            if self._takes_replies():
                self.worker.send(self._outputs.answer(decode(body).get("number")))
        except ProtocolError:
            self.worker.closed = True

    # The end of a cell

    def _finish_cell(self, cell: RunningCell, done: dict[str, Any], state: str = "kept") -> None:
        omitted, tail = cell.output.finish()
        if omitted:
            self.host.send(encode({"type": "truncated", "id": cell.id, "omittedBytes": omitted}))
        for body in tail:
            self._path.send(body)
        self.cell = self._path.cell = None
        self._count.run += 1
        status = done.get("status")
        if cell.stop_reason and status in ("interrupted", "crashed"):
            done["status"] = cell.stop_reason
        elif status == "interrupted":
            done["status"] = "error"  # the code raised KeyboardInterrupt itself
        count = self._count.numbered(self._count.run)
        done.update(id=cell.id, state=state, executionCount=count, wallMs=cell.wall_ms())
        self.host.send(encode(done))
        self._checkpoint()
        self._take_next()

    def check_deadline(self) -> None:
        """Interrupt or kill the running cell when its time has come."""
        cell = self.cell
        if cell is None or cell.seconds_left() > 0:
            return
        if cell.stop_reason is None:
            self._stop_cell(cell, "timeout")
        elif cell.grace_is_over():
            self.kill_worker("deadline")
            cell.wait(_PATIENCE_SECONDS)
        else:
            interrupt_group(self.worker.pid)
            cell.wait(_INTERRUPT_REPEAT_SECONDS)

    def kill_worker(self, reason: str) -> None:
        """Kill the worker; `reason` is what the host is told of it."""
        if self.cell and not self.cell.killed_for:
            self.cell.killed_for = reason
        kill(self.worker.pid)

    def _stop_cell(self, cell: RunningCell, reason: str) -> None:
        if cell.stop_reason is None:
            cell.stop(reason, self._limits["graceMs"] / 1000)
            interrupt_group(self.worker.pid)
            cell.wait(_INTERRUPT_REPEAT_SECONDS)

    # Checkpoints

    def _checkpoint(self) -> None:
        if self._transactions:
            self._copies.add(self._count.run, fork_copy(self.worker))

    def _keep(self, command: dict[str, Any]) -> None:
        self._copies.keep(command["checkpoint"], self._count.run, self._copy_of_now())
        self._checkpoint()

    def _provide(self, command: dict[str, Any]) -> None:
        """Have the worker define the host's functions, and every worker that takes its place."""
        self._provided = command
        self._provide_again()

    def _drop(self, command: dict[str, Any]) -> None:
        self._copies.drop(command["checkpoint"])

    def _restore(self, command: dict[str, Any]) -> None:
        """Let the kept copy go on as the worker; a copy of it is kept in its place."""
        number = command["checkpoint"]
        count, copy = self._copies.kept(number)
        self._supervisor.require_copy(copy)
        self._supervisor.await_copies(self._copies.all_kept())
        self.worker.end()
        self._supervisor.end_processes_of(self)
        self._path.drain_pipes()
        self._adopt(copy)
        self._count.go_back(count)
        self._outputs.forget_after(self._count.numbered(count))
        self._copies.keep(number, count, fork_copy(self.worker))
        self._copies.end_recent()
        self._checkpoint()

    def _fork(self, command: dict[str, Any]) -> None:
        if "checkpoint" in command:
            count, kept = self._copies.kept(command["checkpoint"])
            copy = self._supervisor.require_copy(fork_copy(kept))
        else:
            count, copy = self._count.run, self._copy_of_now()
        numbered = self._count.numbered(count)
        self._supervisor.add_branch(command["session"], copy, numbered, self._outputs.until(numbered), self._limits)
        self._checkpoint()

    def _copy_of_now(self) -> WorkerHandle:
        """Return the copy that was taken after the last cell, or else a fresh one. Raises OSError."""
        recent = self._copies.take_recent(self._count.run)
        return recent or self._supervisor.require_copy(fork_copy(self.worker))

    # The worker and what follows it

    def _replace_worker(self) -> None:
        """Put the newest copy, or else a fresh worker, in the place of the worker that died."""
        crash = self._bury_worker()
        cell = self.cell
        if cell and cell.killed_for:
            crash = {"reason": cell.killed_for}
        state = self._resume()
        self._path.drain_pipes()
        if cell:
            done = {"type": "done", "status": "crashed", "crash": crash, "cpuMs": 0, "peakMemoryBytes": 0}
            self._finish_cell(cell, done, state)
        else:
            self._path.forward_text("stderr", idle_crash_text(crash, state))
            self._checkpoint()
            self._take_next()

    def _bury_worker(self) -> dict[str, Any]:
        status = self._supervisor.await_exit(self.worker.pid, _PATIENCE_SECONDS)
        self.worker.end()
        self._supervisor.await_copies(self.copies)
        self._supervisor.end_processes_of(self)
        return {"reason": "unresponsive"} if status is None else describe_exit(status)

    def _resume(self) -> str:
        newest = self._copies.take_newest()
        if newest:
            count, copy = newest
            self._adopt(copy)
            return "rolled-back" if count == self._count.run else "lost"
        for kept in self._copies.kept_after(self._count.run):
            twin = fork_copy(kept)
            if self._supervisor.await_copy(twin):
                self._adopt(twin)
                return "rolled-back"
        self._start_worker()
        return "lost" if self._count.run else "rolled-back"

    def _start_worker(self) -> None:
        self.worker = self._supervisor.start_fresh_worker(self, self._limits["scratchBytes"], self._seed)
        limit_process(self.worker.pid, self._limits)
        self.places.add(self._supervisor.place_of(self.worker.pid))
        self._provide_again()

    def _adopt(self, copy: WorkerHandle) -> None:
        wake(copy.pid)
        self._supervisor.exits.pop(copy.pid, None)
        copy.send({"type": "thaw"})
        self.worker = copy
        self.places.add(self._supervisor.place_of(copy.pid))
        self._provide_again()

    def _provide_again(self) -> None:
        if self._provided and not isinstance(self.worker, NoWorker):
            self.worker.send(self._provided)

    def end(self) -> None:
        """End all processes of the branch and close what belongs to it."""
        for handle in (self.worker, *self.copies):
            handle.end()
        if self.wire:
            self.wire.close()
        self.pipes.close()
