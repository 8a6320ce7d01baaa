"""Rewrites magics, shell commands and help requests of a cell into plain calls, line by line.

Only where a statement begins: never inside strings, brackets or continued lines. The number of lines
and their indentation stay, so tracebacks point at the cell as it was written.
"""

from __future__ import annotations

import re
from typing import NamedTuple, Optional

from .guarded import BUILTINS

__builtins__ = BUILTINS  # type: ignore[assignment]

_CANDIDATE = re.compile(r"^[ \t]*[%!?]|[=:][ \t]*[%!]|\?[ \t]*;?[ \t]*$", re.MULTILINE)
_CELL_MAGIC = re.compile(r"\s*%%(\w[\w-]*|!)[ \t]*([^\n]*)\n?")
_MAGIC = re.compile(r"([ \t]*)%(\w[\w-]*)[ \t]*(.*)")
_SHELL = re.compile(r"([ \t]*)!(!?)(.*)")
_ASSIGNED = re.compile(r"([ \t]*[A-Za-z_][\w.\[\]'\", *()]*?[ \t]*=[ \t]*)([%!])([^=].*)")
_HELP = re.compile(r"([ \t]*)([A-Za-z_][\w.]*(?:\[[^\[\]\n]*\])*)(\?\??)[ \t]*;?[ \t]*")
_HELP_BEFORE = re.compile(r"([ \t]*)(\?\??)[ \t]*([A-Za-z_][\w.]*)[ \t]*;?[ \t]*")
_COMPOUND = re.compile(
    r"([ \t]*(?:if|for|while|with|else|try|finally|except)\b[^#'\"]*:[ \t]*)([%!].*)"
)


def without_indentation(source: str) -> str:
    """Return the cell with the indentation of its first line of code taken off every line that has it.

    Such a cell could not run at all; models often write ``<execute> x = 1`` on one line.
    """
    for line in source.split("\n"):
        code = line.lstrip(" \t")
        if code and not code.startswith("#"):
            indentation = line[: len(line) - len(code)]
            break
    else:
        return source
    if not indentation:
        return source
    return re.sub("^" + indentation, "", source, flags=re.MULTILINE)


def transform_cell(source: str) -> str:
    """Return the cell as plain Python. Python without magics comes back as it is."""
    if not _CANDIDATE.search(source):
        return source
    whole = _CELL_MAGIC.match(source)
    if whole:
        name = "bash" if whole.group(1) == "!" else whole.group(1)
        line, body = whole.group(2).strip(), source[whole.end() :]
        before = source[: whole.start(1)].count("\n")
        call = f"get_ipython().run_cell_magic({name!r}, {line!r}, {body!r})"
        return "\n" * before + call
    lines = source.split("\n")
    result: list[str] = []
    state = _State("", 0, False)
    index = 0
    while index < len(lines):
        line = lines[index]
        if state == _START:
            joined, used = _joined(lines, index)
            replaced = _replace(joined)
            if replaced is not None:
                result.append(replaced)
                result.extend([""] * (used - 1))
                index += used
                continue
        state = _scan(line, state)
        result.append(line)
        index += 1
    return "\n".join(result)


class _State(NamedTuple):
    """Where a line begins: inside which quotes, how many brackets, after a backslash or not."""

    quote: str
    depth: int
    continued: bool


_START = _State("", 0, False)


def _joined(lines: list[str], index: int) -> tuple[str, int]:
    text, used = lines[index], 1
    if not re.match(r"[ \t]*[%!]|.*=[ \t]*!", text):
        return text, 1
    while text.endswith("\\") and index + used < len(lines):
        text = text[:-1] + " " + lines[index + used].lstrip()
        used += 1
    return text, used


def _replace(line: str) -> Optional[str]:
    match = _MAGIC.fullmatch(line)
    if match:
        indent, name, rest = match.groups()
        return f"{indent}get_ipython().run_line_magic({name!r}, {rest.strip()!r})"
    match = _SHELL.fullmatch(line)
    if match:
        indent, twice, command = match.groups()
        method = "getoutput" if twice else "system"
        return f"{indent}get_ipython().{method}({command.strip()!r})"
    match = _ASSIGNED.fullmatch(line)
    if match and _scan(match.group(1), _START) == _START:
        target, kind, rest = match.groups()
        if kind == "!":
            return f"{target}get_ipython().getoutput({rest.strip()!r})"
        name, _, arguments = rest.strip().partition(" ")
        if re.fullmatch(r"\w[\w-]*", name):
            return f"{target}get_ipython().run_line_magic({name!r}, {arguments.strip()!r})"
    match = _COMPOUND.fullmatch(line)
    if match and _scan(match.group(1), _START) == _START:
        inner = _replace(match.group(2))
        return None if inner is None else match.group(1) + inner
    match = _HELP.fullmatch(line)
    if match:
        indent, target, marks = match.groups()
        return f"{indent}get_ipython().show_help({target!r}, {len(marks) > 1})"
    match = _HELP_BEFORE.fullmatch(line)
    if match:
        indent, marks, target = match.groups()
        return f"{indent}get_ipython().show_help({target!r}, {len(marks) > 1})"
    return None


def _scan(line: str, state: _State) -> _State:
    quote, depth = state.quote, state.depth
    position, length = 0, len(line)
    while position < length:
        if quote:
            end = line.find(quote, position)
            backslash = line.find("\\", position)
            if 0 <= backslash and (end < 0 or backslash < end):
                if backslash == length - 1:
                    return _State(quote, depth, True)
                position = backslash + 2
            elif end < 0:
                position = length
            else:
                position = end + len(quote)
                quote = ""
            continue
        character = line[position]
        if character == "#":
            break
        if character in "'\"":
            triple = line[position : position + 3]
            quote = triple if triple in ("'''", '"""') else character
            position += len(quote)
            continue
        if character in "([{":
            depth += 1
        elif character in ")]}":
            depth = max(0, depth - 1)
        elif character == "\\" and position == length - 1:
            return _State("", depth, True)
        position += 1
    if len(quote) == 1:
        quote = ""  # a string of one line ends with it
    return _State(quote, depth, False)
