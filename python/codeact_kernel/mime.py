"""Turns objects into MIME bundles: text by MIME type, pictures in base64."""

from __future__ import annotations

import base64
import json
from typing import Any, Optional

from .guarded import BUILTINS
from .pretty import pretty

__builtins__ = BUILTINS  # type: ignore[assignment]

MAX_ENTRY_BYTES = 8 * 1024 * 1024

Bundle = dict  # of str by str

_METHODS = {
    "_repr_html_": "text/html",
    "_repr_markdown_": "text/markdown",
    "_repr_svg_": "image/svg+xml",
    "_repr_png_": "image/png",
    "_repr_jpeg_": "image/jpeg",
    "_repr_latex_": "text/latex",
    "_repr_json_": "application/json",
    "_repr_javascript_": "application/javascript",
    "_repr_pdf_": "application/pdf",
}


# Types that have no other representation: asking for one costs time, and memory after a fork.
_PLAIN = frozenset([bool, bytes, complex, dict, float, frozenset, int, list, set, str, tuple])


def bundle_of(value: Any, max_entry_bytes: int = MAX_ENTRY_BYTES) -> Bundle:
    """Return all representations of a value; text/plain is always there. Raises only KeyboardInterrupt.

    An entry over `max_entry_bytes` is left out, with a note in text/plain.
    """
    if type(value) in _PLAIN:
        return capped({"text/plain": text_of(value)}, max_entry_bytes)
    entries = _rich(value)
    if not isinstance(entries.get("text/plain"), str):
        entries["text/plain"] = text_of(value)
    return capped(entries, max_entry_bytes)


def text_of(value: Any) -> str:
    """Return the pretty text of a value, or a note of why it has none. Raises only KeyboardInterrupt."""
    try:
        return pretty(value)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return failed_repr(value, error)


def failed_repr(value: Any, error: BaseException) -> str:
    """Return the text that stands for a value whose repr raised."""
    try:
        reason = f"{type(error).__name__}: {error}"
    except Exception:
        reason = type(error).__name__
    return f"<repr of {type(value).__name__} failed: {reason[:500]}>"


def capped(entries: dict[str, str], max_entry_bytes: int = MAX_ENTRY_BYTES) -> Bundle:
    """Return the entries that are within the limit, text/plain cut and noting what is missing."""
    kept: dict[str, str] = {}
    notes = []
    for mime, text in entries.items():
        if (
            len(text) <= max_entry_bytes // 4
            or len(text.encode("utf-8", "replace")) <= max_entry_bytes
        ):
            kept[mime] = text
        elif mime == "text/plain":
            kept[mime] = text[: max_entry_bytes // 4]
            notes.append(f"... [{len(text) - max_entry_bytes // 4} characters left out]")
        else:
            notes.append(f"[{mime} left out: larger than {max_entry_bytes} bytes]")
    if notes:
        kept["text/plain"] = "\n".join([kept.get("text/plain", ""), *notes]).lstrip("\n")
    return kept


def encode_entry(mime: str, data: Any) -> Optional[str]:
    """Return data as the text of a bundle: bytes in base64, JSON as its text; None for what has no form."""
    if isinstance(data, tuple) and len(data) == 2:
        data = data[0]  # data with metadata
    if data is None:
        return None
    if isinstance(data, (bytes, bytearray, memoryview)):
        if mime.startswith("text/") or mime == "image/svg+xml":
            return bytes(data).decode("utf-8", "replace")
        return base64.b64encode(bytes(data)).decode("ascii")
    if isinstance(data, str):
        return str(data)
    if mime == "application/json" or mime.endswith("+json"):
        return json.dumps(data)
    return None


def _rich(value: Any) -> dict[str, str]:
    entries: dict[str, str] = {}
    if isinstance(value, type):
        return entries  # its methods are for instances
    for name, mime in (("_repr_mimebundle_", ""), *_METHODS.items()):
        if mime in entries:
            continue
        try:
            method = _method(value, name)
            if method is None:
                continue
            if mime:
                found = {mime: method()}
            else:
                found = method(include=None, exclude=None)
                found = found[0] if isinstance(found, tuple) else found
            for key, data in dict(found or {}).items():
                text = encode_entry(key, data)
                if text is not None:
                    entries[str(key)] = text
        except KeyboardInterrupt:
            raise
        except BaseException:
            continue  # a representation that cannot be made is one that is not there
    return entries


def _method(value: Any, name: str) -> Any:
    # Objects that answer to any name would otherwise seem to have every representation.
    if not any(name in vars(cls) for cls in type(value).__mro__):
        if name not in getattr(value, "__dict__", ()):
            return None
    method = getattr(value, name, None)
    return method if callable(method) else None
