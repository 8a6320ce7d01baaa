"""Plain data across the border: what a cell passes to a tool, and what the tool gives back."""

from __future__ import annotations

import base64
import io
import json
import math
import os
from typing import Any

from .guarded import BUILTINS
from .plain_data import plain

__builtins__ = BUILTINS  # type: ignore[assignment]

MAX_DEPTH = 64
MAX_ARGUMENT_CHARACTERS = 16 * 1024 * 1024
# Beyond these a number loses digits on the host.
_MAX_INTEGER = 2**53 - 1
# The key of an object that stands for what JSON can't say.
_TAG = "$codeact"


def write_arguments(arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments as plain JSON data. Raises TypeError or ValueError with what is wrong and what to do.

    Richer types become plainer ones as for `final_answer`, bytes and pictures become base64; NaN and infinities become null.
    """
    written = {name: _plain(value, name, 0) for name, value in arguments.items()}
    if _size(written) > MAX_ARGUMENT_CHARACTERS:
        raise ValueError("the arguments are too large: write them into a file and pass its path")
    return written


def read_result(reply: dict[str, Any]) -> Any:
    """Return the value of a reply. Raises OSError or ValueError."""
    if "file" in reply:
        path = reply["file"]
        with open(path, encoding="utf-8") as file:
            value = json.load(file)
        os.unlink(path)
    else:
        value = reply.get("value")
    return _untagged(value) if reply.get("tagged") else value


def _plain(value: Any, where: str, depth: int) -> Any:
    if value is None or value is True or value is False:
        return value
    kind = type(value)
    if kind is str:
        return value
    if kind is int:
        if -_MAX_INTEGER <= value <= _MAX_INTEGER:
            return value
        raise ValueError(f"{where}: {_short(value)} has too many digits for a number here: pass it as a string")
    if kind is float:
        return value if math.isfinite(value) else None
    if depth >= MAX_DEPTH:
        raise ValueError(f"{where}: nested deeper than {MAX_DEPTH} levels")
    if kind is dict:
        return {_key(key, where): _plain(item, f"{where}[{key!r}]", depth + 1) for key, item in value.items()}
    if kind is list or kind is tuple or kind is set or kind is frozenset:
        return [_plain(item, where, depth + 1) for item in value]
    return _plain(_converted(value, where), where, depth + 1)


def _key(key: Any, where: str) -> str:
    if isinstance(key, str):
        return str(key)
    if key is None or isinstance(key, (bool, int, float)):
        return json.dumps(key)
    raise TypeError(f"{where}: a key of type {type(key).__name__} cannot be passed to a tool: use strings")


def _converted(value: Any, where: str) -> Any:
    """Return what a value of a richer type is in plainer ones. Raises TypeError."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        return base64.b64encode(value).decode("ascii")
    if type(value).__name__ == "Figure" and hasattr(value, "savefig"):
        picture = io.BytesIO()
        value.savefig(picture, format="png")
        return base64.b64encode(picture.getvalue()).decode("ascii")
    if not isinstance(value, type) and callable(getattr(value, "_repr_png_", None)):  # such as a picture of PIL
        return base64.b64encode(value._repr_png_()).decode("ascii")
    return plain(value, f"{where}: a tool")


def _size(value: Any) -> int:
    """Return about how many characters of JSON the plain value takes."""
    if isinstance(value, str):
        return len(value) + 2
    if isinstance(value, dict):
        return sum(len(key) + 4 + _size(item) for key, item in value.items()) + 2
    if isinstance(value, list):
        return sum(1 + _size(item) for item in value) + 2
    return 8


def _untagged(value: Any) -> Any:
    if isinstance(value, list):
        return [_untagged(item) for item in value]
    if not isinstance(value, dict):
        return value
    if _TAG not in value:
        return {key: _untagged(item) for key, item in value.items()}
    kind, content = value[_TAG], value["value"]
    if kind == "bytes":
        return base64.b64decode(content)
    if kind == "int":
        return int(content)
    if kind == "float":
        return float(content)
    return {key: _untagged(item) for key, item in content.items()}


def _short(value: int) -> str:
    text = str(value) if value.bit_length() < 256 else f"an integer of {value.bit_length()} bits"
    return text
