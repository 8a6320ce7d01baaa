"""The whole text that the cells of a session put out, for code that wants to read it again."""

from __future__ import annotations

from typing import Any

from .cell_output import CellOutput
from .wire import ProtocolError, decode, frame_bytes

# Of one cell, the first and the last half of this are kept; of all cells together, the newest.
_CELL_BYTES = 8 * 1024 * 1024
_SESSION_BYTES = 32 * 1024 * 1024
# A larger display holds a picture: only its text is kept.
_PLAIN_DISPLAY_BYTES = 16 * 1024
# Stands before a text that starts on a line of its own.
_OWN_LINE = "\0\n"


class _KeptCell:
    """The frames of one cell, as they came."""

    def __init__(self) -> None:
        self.size = 0
        self._output = CellOutput(_CELL_BYTES)
        self._head: list[bytes] = []

    def add(self, frame_type: str, body: bytes) -> None:
        passed = self._output.accept(frame_type, body)
        if passed is not None:
            self._head.append(passed)
        self.size = min(self.size + len(body), _CELL_BYTES)

    def text(self) -> str:
        """Return the outputs as one text, each display and error on lines of its own."""
        omitted, tail = self._output.finish()
        gap = [f"\n[... {omitted} bytes left out ...]\n"] if omitted else []
        pieces: list[str] = []
        at_line_start = True
        for piece in [*map(_piece, self._head), *gap, *map(_piece, tail)]:
            if at_line_start and piece.startswith(_OWN_LINE):
                piece = piece[len(_OWN_LINE) :]
            if piece:
                pieces.append(piece.replace(_OWN_LINE, "\n", 1) if piece.startswith(_OWN_LINE) else piece)
                at_line_start = piece.endswith("\n")
        return "".join(pieces)


class KeptOutputs:
    """Keeps what cells put out under their numbers, within limits; the oldest cells go first."""

    def __init__(self) -> None:
        self._cells: dict[int, _KeptCell] = {}
        self._size = 0
        self._running = False
        self._current = 0
        self._dropped = 0

    def begin(self, number: int | None) -> None:
        """Take what `add` brings from now on as the output of this cell; without a number it is not kept."""
        self._running = number is not None
        if number is not None:
            self._cells[number] = _KeptCell()
            self._current = number

    def add(self, frame_type: str, body: bytes) -> None:
        """Keep an output of the running cell."""
        if not self._running:
            return
        if frame_type in ("display", "value") and len(body) > _PLAIN_DISPLAY_BYTES:
            body = _without_pictures(body)
        cell = self._cells[self._current]
        before = cell.size
        cell.add(frame_type, body)
        self._size += cell.size - before
        while self._size > _SESSION_BYTES and len(self._cells) > 1:
            self._dropped = next(iter(self._cells))
            self._size -= self._cells.pop(self._dropped).size

    def forget_after(self, number: int) -> None:
        """Drop the cells with higher numbers: the session went back to the time before them."""
        self._take({kept: cell for kept, cell in self._cells.items() if kept <= number}, number)

    def until(self, number: int) -> KeptOutputs:
        """Return a copy for a fork of the session: what cells up to this number put out."""
        copy = KeptOutputs()
        copy._take({kept: cell for kept, cell in self._cells.items() if kept <= number}, number)
        copy._dropped = self._dropped
        return copy

    def _take(self, cells: dict[int, _KeptCell], last: int) -> None:
        self._cells = cells
        self._size = sum(cell.size for cell in cells.values())
        self._current = last
        self._running = False

    def answer(self, number: Any) -> dict[str, Any]:
        """Return the frame that answers a worker's `read-output`: the text, or why there is none."""
        cell = self._cells.get(number) if isinstance(number, int) else None
        if cell is not None:
            return {"type": "output-text", "text": cell.text()}
        if isinstance(number, int) and 0 < number <= self._dropped:
            return {"type": "output-text", "problem": f"the output of cell {number} is no longer kept: it is too old"}
        return {"type": "output-text", "problem": f"there is no cell {number}: the last one is cell {self._current}"}


def _piece(body: bytes) -> str:
    try:
        frame = decode(body)
    except ProtocolError:
        return ""
    if frame["type"] == "stream":
        return str(frame.get("text", ""))
    inner, key = ("error", "traceback") if frame["type"] == "error" else ("data", "text/plain")
    described = frame.get(inner)
    text = described.get(key) if isinstance(described, dict) else None
    return f"{_OWN_LINE}{text}\n" if text else ""


def _without_pictures(body: bytes) -> bytes:
    try:
        frame = decode(body)
        data = frame.get("data")
        text = data.get("text/plain", "") if isinstance(data, dict) else ""
        return frame_bytes({**frame, "data": {"text/plain": text}})
    except ProtocolError:
        return b"{}"
