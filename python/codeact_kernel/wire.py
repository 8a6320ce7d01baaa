"""Frames of the wire: four bytes of length (unsigned, big-endian), then one JSON object in UTF-8.

The host and the supervisor, and the supervisor and its worker, speak in such frames.
See docs/design/protocol.md for the frames' types and their order.
"""

from __future__ import annotations

import json
import socket
import struct
from typing import Any, Iterator

PROTOCOL_VERSION = 2
MAX_FRAME_BYTES = 64 * 1024 * 1024

_HEADER = struct.Struct("!I")
_compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_ascii = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode


class ProtocolError(Exception):
    """The other side sent something that is not a frame."""


def frame_bytes(frame: dict[str, Any]) -> bytes:
    """Return the frame's body. Lone surrogates become JSON escapes."""
    try:
        return _compact(frame).encode("utf-8")
    except UnicodeEncodeError:
        return _ascii(frame).encode("ascii")


def encode(frame: dict[str, Any]) -> bytes:
    """Return the frame as it goes over the wire, header included."""
    body = frame_bytes(frame)
    return _HEADER.pack(len(body)) + body


def decode(body: bytes) -> dict[str, Any]:
    """Return the object in a frame's body. Raises ProtocolError unless it is an object with a type."""
    try:
        frame = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"not JSON: {error}") from None
    if not isinstance(frame, dict) or not isinstance(frame.get("type"), str):
        raise ProtocolError("not an object with a type")
    return frame


class FrameReader:
    """Cuts a stream of bytes into the bodies of its frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Take the next bytes and yield every body that is now complete.

        Raises ProtocolError when a header announces more than MAX_FRAME_BYTES.
        """
        buffer = self._buffer
        buffer += data
        start = 0
        while len(buffer) - start >= 4:
            (length,) = _HEADER.unpack_from(buffer, start)
            if length > MAX_FRAME_BYTES:
                raise ProtocolError(f"a frame of {length} bytes")
            end = start + 4 + length
            if len(buffer) < end:
                break
            yield bytes(buffer[start + 4 : end])
            start = end
        if start:
            del buffer[:start]


def read_frame(sock: socket.socket) -> dict[str, Any]:
    """Block for one frame, on a socket whose other side then waits for an answer.

    Raises ProtocolError when the socket closes first, and OSError when it times out.
    """
    reader = FrameReader()
    while True:
        data = sock.recv(1 << 16)
        if not data:
            raise ProtocolError("closed in the middle of a frame")
        for body in reader.feed(data):
            return decode(body)
