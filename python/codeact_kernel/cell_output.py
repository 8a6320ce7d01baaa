"""The output of one running cell, held within its limit: the head passes at once, the tail at the end."""

from __future__ import annotations

from collections import deque

# Figures and other displays have their own limit: one of them may be larger than a page of text. So have errors:
# the one that ends a cell arrives whatever else there was.
_DISPLAY_BYTES = 32 * 1024 * 1024
_ERROR_BYTES = 1024 * 1024


class CellOutput:
    """Decides which frames of a cell reach the host.

    The first half of `limit_bytes` of text passes as it comes. Of the text that follows, only the newest
    half is kept; `finish` returns it, and everything else in its order, after the gap.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._half = limit_bytes // 2
        self._head_bytes = 0
        self._tail: deque[tuple[bool, bytes]] = deque()
        self._tail_bytes = 0
        self._before_tail: list[bytes] = []
        self._displayed = 0
        self._failed = 0
        self._omitted = 0
        self._full = False

    def accept(self, frame_type: str, body: bytes) -> bytes | None:
        """Take the body of a frame and return it if it passes now."""
        size = len(body)
        is_text = frame_type == "stream"
        if frame_type in ("display", "value"):
            self._displayed += size
            if self._displayed > _DISPLAY_BYTES:
                self._omitted += size
                return None
        elif frame_type == "error":
            self._failed += size
            if self._failed > _ERROR_BYTES:
                self._omitted += size
                return None
        if not self._full:
            if not is_text:
                return body
            if self._head_bytes + size <= self._half:
                self._head_bytes += size
                return body
            self._full = True
        self._tail.append((is_text, body))
        self._tail_bytes += size if is_text else 0
        self._shorten()
        return None

    def finish(self) -> tuple[int, list[bytes]]:
        """Return how many bytes were left out and the bodies that come after the gap."""
        return self._omitted, self._before_tail + [body for _, body in self._tail]

    def _shorten(self) -> None:
        while self._tail_bytes > self._half and len(self._tail) > 1:
            is_text, body = self._tail.popleft()
            if is_text:
                self._tail_bytes -= len(body)
                self._omitted += len(body)
            else:
                self._before_tail.append(body)
