"""The way of a branch's outputs to its host, in the order of causes and within the limits of the running cell."""

from __future__ import annotations

from .kept_outputs import KeptOutputs
from .outgoing import Outgoing
from .pipes import OutputPipes
from .running_cell import RunningCell
from .wire import frame_bytes


class OutputPath:
    """Sends to `host` what comes, and keeps it in `outputs`. Outputs belong to `cell`, while there is one."""

    def __init__(self, host: Outgoing, pipes: OutputPipes, outputs: KeptOutputs) -> None:
        self.cell: RunningCell | None = None
        self._host = host
        self._pipes = pipes
        self._outputs = outputs

    def send(self, body: bytes) -> None:
        """Send the frame with this body."""
        self._host.queue(len(body).to_bytes(4, "big"))
        self._host.queue(body)

    def forward(self, frame_type: str, body: bytes) -> None:
        """Send an output, unless the cell has had its share."""
        if self.cell:
            self._outputs.add(frame_type, body)
        passed = self.cell.output.accept(frame_type, body) if self.cell else body
        if passed is not None:
            self.send(passed)

    def forward_text(self, name: str, text: str) -> None:
        """Send text as the stream `name`."""
        frame = {"type": "stream", "name": name, "text": text, "id": self.cell.id if self.cell else 0}
        self.forward("stream", frame_bytes(frame))

    def forward_pipes(self, noted: tuple[int, int]) -> None:
        """Send as much of what lies in the pipes as was `noted` there."""
        for name, text in self._pipes.read(noted):
            self.forward_text(name, text)

    def drain_pipes(self) -> None:
        """Send all that lies in the pipes."""
        while any(noted := self._pipes.pending()):
            self.forward_pipes(noted)
