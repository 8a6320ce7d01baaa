"""Tracebacks written for a model to act on."""

from __future__ import annotations

import linecache
import os
import sysconfig
from typing import Any, Optional

from .failing_line import values_on_line
from .guarded import BUILTINS
from .hints import hint_for
from .python_traceback import python_traceback

__builtins__ = BUILTINS  # type: ignore[assignment]

MAX_TRACEBACK_CHARACTERS = 8000
MAX_MESSAGE_CHARACTERS = 4000
MAX_FRAMES = 60
CONTEXT_LINES = 2

_KERNEL = os.path.dirname(os.path.abspath(__file__)) + os.sep
_LIBRARIES = tuple(
    {path + os.sep for path in map(sysconfig.get_paths().get, ("stdlib", "platstdlib")) if path}
)
_INSTALLED = ("/site-packages/", "/dist-packages/")


class Frame:
    """One step of a traceback."""

    def __init__(self, tb: Any) -> None:
        code = tb.tb_frame.f_code
        self.frame = tb.tb_frame
        self.file: str = code.co_filename
        self.line: int = tb.tb_lineno or 1
        self.function: str = code.co_name
        self.in_cell = self.file.startswith("<cell ")
        self.in_library = not self.in_cell and (
            not os.path.isabs(self.file)  # compiled code, and code that has no file
            or self.file.startswith(_LIBRARIES)
            or any(part in self.file for part in _INSTALLED)
        )

    @property
    def shown_file(self) -> str:
        """`cell 3` for a cell, a file's path from its package on, or the path."""
        if self.in_cell:
            return self.file[1:-1]
        for part in _INSTALLED:
            if part in self.file:
                return self.file.split(part, 1)[1]
        for folder in _LIBRARIES:
            if self.file.startswith(folder):
                return self.file[len(folder) :]
        return self.file

    @property
    def source(self) -> str:
        """The line itself, without its indentation."""
        return linecache.getline(self.file, self.line).strip()

    def same_place(self, other: Frame) -> bool:
        """Tell whether both are the same line of the same function."""
        return (self.file, self.line, self.function) == (other.file, other.line, other.function)


def describe_error(error: BaseException, namespace: dict[str, Any]) -> dict[str, Any]:
    """Return an exception as the host's CellError. Raises only KeyboardInterrupt."""
    message = _message(error)
    name = type(error).__name__
    try:
        frames = _frames(error)
        hint = _hint(error, frames, namespace)
        text = _traceback(error, namespace, hint, set())
    except KeyboardInterrupt:
        raise
    except BaseException:
        frames, hint, text = [], None, _last_line(error)
    result: dict[str, Any] = {
        "name": name,
        "message": message,
        "traceback": _cut(text, MAX_TRACEBACK_CHARACTERS),
        "frames": [_as_data(frame) for frame in _ends(frames, MAX_FRAMES)],
    }
    if isinstance(error, SyntaxError) and str(error.filename).startswith("<cell "):
        result["frames"] = [_syntax_frame(error)]
    if hint:
        result["hint"] = hint
    plain = python_traceback(error)
    if plain is not None:
        result["pythonTraceback"] = _cut(plain, MAX_TRACEBACK_CHARACTERS)
    return result


def _as_data(frame: Frame) -> dict[str, Any]:
    data: dict[str, Any] = {
        "file": frame.shown_file if frame.in_cell else frame.file,
        "line": frame.line,
        "function": frame.function,
    }
    if frame.source:
        data["source"] = frame.source[:500]
    return data


def _syntax_frame(error: SyntaxError) -> dict[str, Any]:
    file = str(error.filename)
    source = (error.text or linecache.getline(file, error.lineno or 1)).strip()[:500]
    return {"file": file[1:-1], "line": error.lineno or 1, "function": "<module>", "source": source}


def _frames(error: BaseException) -> list[Frame]:
    found = []
    tb = error.__traceback__
    while tb is not None and len(found) < 100_000:
        frame = Frame(tb)
        if not frame.file.startswith((_KERNEL, "<frozen ")):
            found.append(frame)
        tb = tb.tb_next
    first = next((index for index, frame in enumerate(found) if frame.in_cell), None)
    if first is None and isinstance(error, KeyboardInterrupt):
        return []  # it hit the event loop while all code of the cell was waiting
    return found[first:]


def _hint(error: BaseException, frames: list[Frame], namespace: dict[str, Any]) -> Optional[str]:
    own = [frame for frame in frames if not frame.in_library]
    try:
        return hint_for(
            error, own[-1].frame if own else None, own[-1].line if own else 0, namespace
        )
    except Exception:
        return None


def _traceback(
    error: BaseException,
    namespace: dict[str, Any],
    hint: Optional[str],
    seen: set[int],
    is_cause: bool = False,
) -> str:
    seen.add(id(error))
    parts: list[str] = []
    cause, context = error.__cause__, error.__context__
    if cause is not None and id(cause) not in seen:
        parts += [_traceback(cause, namespace, None, seen, is_cause=True), ""]
        parts += ["The above exception was the direct cause of the following exception:", ""]
    elif context is not None and not error.__suppress_context__ and id(context) not in seen:
        parts += [_traceback(context, namespace, None, seen, is_cause=True), ""]
        parts += ["During handling of the above exception, another exception occurred:", ""]
    frames = _frames(error)
    if is_cause and all(frame.in_library for frame in frames):
        frames = []  # where libraries fail and catch it among themselves tells nothing
    if isinstance(error, SyntaxError):
        parts += _syntax_lines(error, frames)
    elif isinstance(error, SystemExit):
        parts.append(
            "The cell called exit; it ended there. The session goes on, variables are kept."
        )
    elif frames:
        parts.append("Traceback (most recent call last):")
        parts += _frame_lines(frames)
    members = getattr(error, "exceptions", None)
    if isinstance(members, tuple) and type(error).__name__.endswith("Group"):
        parts += _member_lines(members, namespace, seen)
    notes = getattr(error, "__notes__", None)
    if isinstance(notes, (list, tuple)):
        parts += [f"note: {_text(note)}" for note in notes[:20]]
    if hint:
        parts.append(f"hint: {hint}")
    parts.append(_last_line(error))
    return "\n".join(parts)


def _member_lines(members: tuple, namespace: dict[str, Any], seen: set[int]) -> list[str]:
    lines = []
    for number, member in enumerate(members[:10], 1):
        lines.append(f"  exception {number} of {len(members)} in the group:")
        if isinstance(member, BaseException) and id(member) not in seen:
            inner = _traceback(member, namespace, None, seen)
            lines += ["    " + line for line in inner.split("\n")]
    return lines


def _frame_lines(frames: list[Frame]) -> list[str]:
    lines: list[str] = []
    index = 0
    last_own = max((i for i, frame in enumerate(frames) if not frame.in_library), default=-1)
    while index < len(frames):
        frame = frames[index]
        if frame.in_library:
            run = index
            while run < len(frames) and frames[run].in_library:
                run += 1
            lines += _library_lines(frames[index:run])
            index = run
            continue
        period, repeats = _repetition(frames, index)
        for step in range(period):
            lines += _own_lines(frames[index + step], index + step == last_own)
        if repeats:
            what = "the frame above" if period == 1 else f"the {period} frames above"
            lines.append(f"  ... {what} repeated {repeats} more times")
            if index <= last_own < index + period * (repeats + 1):
                values = values_on_line(frames[last_own].frame, frames[last_own].line)
                lines += ["      " + value for value in values]
        index += period * (repeats + 1)
    return lines


def _repetition(frames: list[Frame], start: int) -> tuple[int, int]:
    """Return how many frames make up a cycle that starts here, and how often it comes again."""
    for period in range(1, 6):
        repeats = 0
        index = start + period
        while index + period <= len(frames) and all(
            frames[index + step].same_place(frames[start + step]) for step in range(period)
        ):
            repeats += 1
            index += period
        if repeats >= 3:
            return period, repeats
    return 1, 0


def _own_lines(frame: Frame, with_values: bool) -> list[str]:
    lines = [f"  {frame.shown_file}, line {frame.line}, in {frame.function}"]
    source = linecache.getlines(frame.file)
    first = max(1, frame.line - CONTEXT_LINES)
    last = min(len(source), frame.line + 1)
    width = len(str(last))
    for number in range(first, last + 1):
        mark = "->" if number == frame.line else "  "
        text = source[number - 1].rstrip("\n")
        lines.append(f"    {mark} {number:>{width}} {text[:200]}".rstrip())
    if with_values:
        lines += ["      " + value for value in values_on_line(frame.frame, frame.line)]
    return lines


def _library_lines(frames: list[Frame]) -> list[str]:
    lines = [f"  {frame.shown_file}:{frame.line}, in {frame.function}" for frame in frames]
    if len(lines) > 4:
        hidden = len(lines) - 3
        lines[1:-2] = [f"  ... {hidden} more frames of libraries"]
    return lines


def _syntax_lines(error: SyntaxError, frames: list[Frame]) -> list[str]:
    # A SyntaxError of the cell itself has no frames; one of eval() or an import does.
    lines = ["Traceback (most recent call last):", *_frame_lines(frames)] if frames else []
    if not isinstance(error.lineno, int):
        return lines
    file = str(error.filename)
    lines.append(f"  {file[1:-1] if file.startswith('<cell ') else file}, line {error.lineno}")
    text = error.text if isinstance(error.text, str) else linecache.getline(file, error.lineno)
    text = text.split("\n")[0]
    shown = text.lstrip()
    if not shown.strip():
        return lines
    lines.append(f"    -> {error.lineno} {shown[:200]}")
    if isinstance(error.offset, int) and error.offset > 0:
        start = max(0, error.offset - 1 - (len(text) - len(shown)))
        end = getattr(error, "end_offset", None)
        same_line = getattr(error, "end_lineno", error.lineno) == error.lineno
        length = end - error.offset if isinstance(end, int) and same_line else 1
        if start < 200:
            prefix = " " * (len(f"    -> {error.lineno} ") + start)
            lines.append(prefix + "^" * max(1, min(length, len(shown) - start)))
    return lines


def _last_line(error: BaseException) -> str:
    cls = type(error)
    name = getattr(cls, "__qualname__", cls.__name__)
    module = getattr(cls, "__module__", None)
    if isinstance(module, str) and module not in ("builtins", "__main__"):
        name = f"{module}.{name}"
    message = _message(error)
    return f"{name}: {message}" if message else name


def _message(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return _cut(_text(error.msg or "invalid syntax"), MAX_MESSAGE_CHARACTERS)
    return _cut(_text(error), MAX_MESSAGE_CHARACTERS)


def _text(value: Any) -> str:
    try:
        return str(value)
    except KeyboardInterrupt:
        raise
    except BaseException:
        return f"<{type(value).__name__}, whose text cannot be had: its __str__ raises>"


def _cut(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    head = limit // 3
    tail = limit - head - 60
    left_out = len(text) - head - tail
    return f"{text[:head]}\n... [{left_out} characters left out] ...\n{text[-tail:]}"


def _ends(frames: list[Frame], limit: int) -> list[Frame]:
    return (
        frames if len(frames) <= limit else frames[: limit // 3] + frames[-(limit - limit // 3) :]
    )
