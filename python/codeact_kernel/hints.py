"""Help for an error, only where it is certain."""

from __future__ import annotations

import ast
import builtins
import re
from typing import Any, Iterable, Optional

from .failing_line import dotted, is_missing, lookup, nodes_on_line
from .guarded import BUILTINS

__builtins__ = BUILTINS  # type: ignore[assignment]

_PACKAGES = {
    "sklearn": "scikit-learn",
    "cv2": "opencv-python",
    "PIL": "pillow",
    "bs4": "beautifulsoup4",
    "yaml": "pyyaml",
    "skimage": "scikit-image",
    "Crypto": "pycryptodome",
    "dateutil": "python-dateutil",
    "dotenv": "python-dotenv",
    "docx": "python-docx",
    "pptx": "python-pptx",
    "fitz": "pymupdf",
    "serial": "pyserial",
    "git": "gitpython",
    "jwt": "pyjwt",
    "attr": "attrs",
    "OpenSSL": "pyopenssl",
    "magic": "python-magic",
    "Levenshtein": "levenshtein",
    "google.protobuf": "protobuf",
}
_MAX_LISTED = 20


def hint_for(
    error: BaseException, frame: Any, line: int, namespace: dict[str, Any]
) -> Optional[str]:
    """Return one sentence that says what is wrong, or None. `frame` is the last one of the user's code."""
    if isinstance(error, ModuleNotFoundError):
        return _missing_module(error)
    if isinstance(error, NameError):
        return _misspelt_name(error, frame, namespace)
    if isinstance(error, AttributeError):
        return _misspelt_attribute(error, frame, line)
    if isinstance(error, KeyError):
        return _missing_key(error, frame, line)
    if isinstance(error, OSError):
        return _no_network(error)
    return None


def _missing_module(error: ModuleNotFoundError) -> Optional[str]:
    import importlib.util

    if not error.name:
        return None
    top = error.name.split(".")[0]
    if "." in error.name and importlib.util.find_spec(top) is not None:
        return None  # the package is there, only this part of it is not
    package = _PACKAGES.get(error.name) or _PACKAGES.get(top, top)
    return f"{top} is not installed; install it with: %pip install {package}"


def _no_network(error: BaseException) -> Optional[str]:
    """Tell of a network that is not there, however deep libraries have wrapped the failure."""
    import errno
    import os
    import socket

    step: Any = error
    for _ in range(10):
        if isinstance(step, socket.gaierror) or getattr(step, "errno", None) == errno.ENETUNREACH:
            break
        reason = getattr(step, "reason", None)
        step = reason if isinstance(reason, BaseException) else step.__cause__ or step.__context__
        if step is None:
            return None
    else:
        return None
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:  # looks for a route, sends nothing
        if probe.connect_ex(("192.0.2.1", 9)) != errno.ENETUNREACH:
            return None
    if os.environ.get("HTTPS_PROXY"):
        return "the network is reached only through the proxy that HTTP_PROXY, HTTPS_PROXY and ALL_PROXY name"
    return "this session has no network; whoever runs it can allow hosts"


def _misspelt_name(error: NameError, frame: Any, namespace: dict[str, Any]) -> Optional[str]:
    match = re.search(r"name '([^']+)'", str(error))
    if not match or "Did you mean" in str(error):
        return None
    known = set(namespace) | set(vars(builtins))
    if frame is not None:
        known |= set(frame.f_locals) | set(frame.f_globals)
    name = match.group(1)
    known.discard(name)
    if isinstance(error, UnboundLocalError):
        return None
    return _suggestion(
        name, (key for key in known if name.startswith("_") or not key.startswith("_"))
    )


def _misspelt_attribute(error: AttributeError, frame: Any, line: int) -> Optional[str]:
    match = re.search(r"has no attribute '([^']+)'", str(error))
    if not match or "Did you mean" in str(error):
        return None
    name = match.group(1)
    owner = getattr(error, "obj", None)
    if owner is None and frame is not None:
        for node in nodes_on_line(frame.f_code.co_filename, line):
            if isinstance(node, ast.Attribute) and node.attr == name and dotted(node.value):
                owner = lookup(node.value, frame)
                break
    if owner is None or is_missing(owner):
        return None
    public = [key for key in dir(owner) if isinstance(key, str)]
    return _suggestion(name, (k for k in public if name.startswith("_") or not k.startswith("_")))


def _missing_key(error: KeyError, frame: Any, line: int) -> Optional[str]:
    if frame is None or len(error.args) != 1:
        return None
    key = error.args[0]
    for node in nodes_on_line(frame.f_code.co_filename, line):
        if not isinstance(node, ast.Subscript) or not dotted(node.value):
            continue
        owner = lookup(node.value, frame)
        keys, kind = _keys(owner)
        if keys is None or key in keys:
            continue
        if isinstance(key, str):
            close = _suggestion(key, (k for k in keys if isinstance(k, str)), quoted=True)
            if close:
                return close
        if not keys:
            return f"{dotted(node.value)} is empty"
        listed = ", ".join(repr(k)[:60] for k in keys[:_MAX_LISTED])
        more = f", ... ({len(keys)} in all)" if len(keys) > _MAX_LISTED else ""
        return f"{dotted(node.value)} has these {kind}: {listed}{more}"
    return None


def _keys(owner: Any) -> tuple[Optional[list[Any]], str]:
    if type(owner).__name__ == "DataFrame" and hasattr(owner, "columns"):
        return list(owner.columns), "columns"
    if isinstance(owner, dict):
        return list(dict.keys(owner)), "keys"
    return None, ""


def _suggestion(name: str, known: Iterable[str], quoted: bool = False) -> Optional[str]:
    import difflib

    known = list(known)
    same = [key for key in known if key.lower() == name.lower()]
    close = same[:1] or difflib.get_close_matches(name, known, 1, 0.75)
    if not close:
        return None
    return f"did you mean {close[0]!r}?" if quoted else f"did you mean {close[0]}?"
