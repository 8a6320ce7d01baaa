"""Turns Python objects into JSON: what JSON can hold, and the usual containers of data."""

from __future__ import annotations

import json
from typing import Any

from .guarded import BUILTINS

__builtins__ = BUILTINS  # type: ignore[assignment]

_MAX_DEPTH = 100
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode


def json_text(value: Any) -> str:
    """Return a value as JSON; what is not a number (NaN, NaT) becomes null.

    Data frames become lists of records; series and arrays lists; dates ISO text; sets lists; dataclasses and
    pydantic models dicts. Raises TypeError for what has no such form.
    """
    return _encode(plain(value, "final_answer()"))


def plain(value: Any, taker: str, depth: int = 0) -> Any:
    """Return a value as `json_text` writes it. Raises TypeError that says what `taker` takes."""
    if depth > _MAX_DEPTH:
        raise TypeError(f"{taker} takes data that is nested less deeply")
    if value is None or value is True or value is False:
        return value
    if isinstance(value, float):
        number = float(value)
        return None if number != number or number in (float("inf"), float("-inf")) else number
    if isinstance(value, int):
        return int(value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, dict):
        return {_key(key, taker): plain(item, taker, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item, taker, depth + 1) for item in value]
    if isinstance(value, (set, frozenset)):
        return [plain(item, taker, depth + 1) for item in sorted(value, key=repr)]
    return _other(value, taker, depth)


def _other(value: Any, taker: str, depth: int) -> Any:
    name = type(value).__name__
    if name == "PendingCall" and hasattr(type(value), "wait_for_value"):
        return plain(value.wait_for_value(), taker, depth + 1)
    if name == "DataFrame" and hasattr(value, "to_dict"):
        frame = value if type(value.index).__name__ == "RangeIndex" else value.reset_index()
        return plain(frame.to_dict("records"), taker, depth + 1)
    if name == "Series" and hasattr(value, "to_dict") and type(value.index).__name__ != "RangeIndex":
        return plain(value.to_dict(), taker, depth + 1)
    if not isinstance(value, type):
        # numpy's scalars and arrays, pandas' series, indexes; dates; enums; pydantic; paths
        if type(value).__module__ == "numpy" and not getattr(value, "shape", (0,)) and hasattr(value, "item"):
            return plain(value.item(), taker, depth + 1)
        if hasattr(type(value), "__members__"):
            return plain(value.value, taker, depth + 1)
        for method in ("tolist", "model_dump"):
            if callable(getattr(value, method, None)):
                return plain(getattr(value, method)(), taker, depth + 1)
        if callable(getattr(value, "isoformat", None)):
            return str(value.isoformat()) if value == value else None
        if hasattr(value, "__dataclass_fields__"):
            return {field: plain(getattr(value, field), taker, depth + 1) for field in value.__dataclass_fields__}
        if hasattr(value, "__fspath__"):
            return str(value)
        if name == "Decimal":
            return plain(float(value), taker, depth + 1)
    raise TypeError(
        f"{taker} takes data such as numbers, text, lists, dicts and data frames, not {name}: "
        "pass what it says instead"
    )


def _key(key: Any, taker: str) -> str:
    if isinstance(key, str):
        return str(key)
    if key is None or isinstance(key, (bool, int, float)):
        return str(key)
    if callable(getattr(key, "isoformat", None)):
        return str(key.isoformat())
    if callable(getattr(key, "item", None)):
        return str(key.item())
    if isinstance(key, tuple):
        return ", ".join(_key(part, taker) for part in key)
    raise TypeError(f"{taker} takes dicts whose keys are text or numbers, not {type(key).__name__}")
