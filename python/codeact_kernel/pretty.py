"""Lays out the text of values: nested containers wrapped to a width, everything else by its repr.

The layout is that of Oppen's pretty printer with consistent groups, in its streaming form: a group's
breaks all become new lines as soon as the line overflows, outermost group first. Objects can take part
with ``_repr_pretty_(printer, cycle)``, as in IPython.
"""

from __future__ import annotations

from collections import deque
from contextlib import contextmanager
from typing import Any, Iterable, Iterator, Optional

from .guarded import BUILTINS
from .pretty_types import print_default, printer_for

__builtins__ = BUILTINS  # type: ignore[assignment]

MAX_WIDTH = 79
MAX_ITEMS = 1000


def pretty(value: Any, max_width: int = MAX_WIDTH, max_items: int = MAX_ITEMS) -> str:
    """Return the text of a value. Raises what the value's own repr raises."""
    printer = Printer(max_width, max_items)
    printer.pretty(value)
    return printer.finish()


class _Group:
    """A stretch of output whose breaks are either all spaces or all new lines."""

    __slots__ = ("depth", "broken", "waiting")

    def __init__(self, depth: int) -> None:
        self.depth = depth
        self.broken = False
        self.waiting = 0


class Printer:
    """Collects text, breaks and groups, and decides on new lines as late as the width allows."""

    def __init__(self, max_width: int = MAX_WIDTH, max_items: int = MAX_ITEMS) -> None:
        self.max_width = max_width
        self.max_seq_length = max_items
        self.verbose = False
        self.indentation = 0
        self.stack: list[int] = []
        self._done: list[str] = []
        self._column = 0
        # What is not yet laid out: text, or (group, separator, indentation) for a break.
        self._line: deque[Any] = deque()
        self._line_width = 0
        root = _Group(0)
        self._open = [root]
        # Groups that may still have to be broken, by depth.
        self._undecided: list[list[_Group]] = [[root]]

    def pretty(self, value: Any) -> None:
        """Print a value with the printer of its type."""
        identity = id(value)
        cycle = identity in self.stack
        self.stack.append(identity)
        self.begin_group()
        try:
            printer = printer_for(value)
            if printer is None:
                print_default(value, self, cycle)
            else:
                printer(value, self, cycle)
        finally:
            self.end_group()
            self.stack.pop()

    def text(self, text: str) -> None:
        """Add text that is never broken."""
        if self._line:
            self._line.append(text)
            self._line_width += len(text)
            self._break_where_too_long()
        else:
            self._done.append(text)
            self._column += len(text)

    def breakable(self, sep: str = " ") -> None:
        """Add a place that is `sep`, or a new line once its group is broken."""
        group = self._open[-1]
        if group.broken:
            self._release()
            self._done.append("\n" + " " * self.indentation)
            self._column = self.indentation
        else:
            self._line.append((group, sep, self.indentation))
            group.waiting += 1
            self._line_width += len(sep)
            self._break_where_too_long()

    def break_(self) -> None:
        """Add a new line, which also breaks the outermost group that can be."""
        group = self._next_to_break()
        if group is not None:
            self._break(group)
        self._release()
        self._done.append("\n" + " " * self.indentation)
        self._column = self.indentation

    def begin_group(self, indent: int = 0, open: str = "") -> None:
        """Start a group after printing `open`; new lines in it are `indent` deeper."""
        if open:
            self.text(open)
        group = _Group(self._open[-1].depth + 1)
        self._open.append(group)
        while len(self._undecided) <= group.depth:
            self._undecided.append([])
        self._undecided[group.depth].append(group)
        self.indentation += indent

    def end_group(self, dedent: int = 0, close: str = "") -> None:
        """End the innermost group, then print `close`."""
        self.indentation -= dedent
        group = self._open.pop()
        if not group.waiting:
            self._settle(group)
        if close:
            self.text(close)

    @contextmanager
    def group(self, indent: int = 0, open: str = "", close: str = "") -> Iterator[None]:
        """Print what happens inside as one group."""
        self.begin_group(indent, open)
        try:
            yield
        finally:
            self.end_group(indent, close)

    @contextmanager
    def indent(self, indent: int) -> Iterator[None]:
        """Indent the new lines that happen inside."""
        self.indentation += indent
        try:
            yield
        finally:
            self.indentation -= indent

    def items(self, values: Iterable[Any]) -> Iterator[tuple[int, Any]]:
        """Number the values; after the most that are shown, print `...` and stop."""
        for index, value in enumerate(values):
            if self.max_seq_length and index >= self.max_seq_length:
                self.text(",")
                self.breakable()
                self.text("...")
                return
            yield index, value

    def finish(self) -> str:
        """Return all that was printed."""
        self._release()
        return "".join(self._done)

    def _release(self) -> None:
        for piece in self._line:
            self._put(piece)
        self._line.clear()
        self._line_width = 0

    def _put(self, piece: Any) -> None:
        if isinstance(piece, str):
            self._done.append(piece)
            self._column += len(piece)
            return
        group, separator, indentation = piece
        group.waiting -= 1
        if group.broken:
            self._done.append("\n" + " " * indentation)
            self._column = indentation
            return
        if not group.waiting:
            self._settle(group)
        self._done.append(separator)
        self._column += len(separator)

    def _break_where_too_long(self) -> None:
        while self._column + self._line_width > self.max_width:
            group = self._next_to_break()
            if group is None:
                return
            self._break(group)

    def _break(self, group: _Group) -> None:
        while group.waiting:
            piece = self._line.popleft()
            self._line_width -= len(piece if isinstance(piece, str) else piece[1])
            self._put(piece)
        while self._line and isinstance(self._line[0], str):
            piece = self._line.popleft()
            self._line_width -= len(piece)
            self._put(piece)

    def _next_to_break(self) -> Optional[_Group]:
        for level in self._undecided:
            for index in range(len(level) - 1, -1, -1):
                group = level[index]
                if group.waiting:
                    # The mirror position, as IPython has it: recorded outputs depend on it.
                    del level[-1 - index]
                    group.broken = True
                    return group
            for group in level:
                group.broken = True
            level.clear()
        return None

    def _settle(self, group: _Group) -> None:
        level = self._undecided[group.depth]
        if group in level:
            level.remove(group)
