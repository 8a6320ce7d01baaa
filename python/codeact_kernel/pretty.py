"""Lays out the text of values: nested containers wrapped to a width, everything else by its repr.

A group is a stretch of text with places where it may be broken. As long as a line is short enough its
groups stay on it; when it gets too long, the outermost group on it is broken at all of its places.
Objects can take part with ``_repr_pretty_(printer, cycle)``, as in IPython.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, Iterable, Iterator

from .guarded import BUILTINS
from .pretty_types import describe, show_opaque

__builtins__ = BUILTINS  # type: ignore[assignment]

MAX_WIDTH = 79
MAX_ITEMS = 1000


def pretty(value: Any, max_width: int = MAX_WIDTH, max_items: int = MAX_ITEMS) -> str:
    """Return the text of a value. Raises what the value's own repr raises."""
    printer = Printer(max_width, max_items)
    printer.pretty(value)
    return printer.finish()


class _Group:
    """One open or closed group; `broken` once its places are new lines."""

    __slots__ = ("depth", "broken", "undecided")

    def __init__(self, depth: int) -> None:
        self.depth = depth
        self.broken = False
        self.undecided = 0  # how many of its places are


class _Place:
    """Where a line may be broken: `text` if it is not, otherwise a new line and an indentation."""

    __slots__ = ("group", "text", "indentation")

    def __init__(self, group: _Group, text: str, indentation: int) -> None:
        self.group = group
        self.text = text
        self.indentation = indentation


class _Line:
    """The text so far, and the end of it that still holds undecided places."""

    def __init__(self, max_width: int) -> None:
        self.max_width = max_width
        self.indentation = 0
        self._groups: list[_Group] = []
        # Those that may still be broken, by depth, in the order in which they began.
        self._breakable: list[list[_Group]] = []
        self._text: list[str] = []
        self._column = 0
        # Begins with a place whenever it is not empty. Its texts and places take up `_open_width`.
        self._open: list[Any] = []
        self._open_width = 0

    def add(self, text: str) -> None:
        if self._open:
            self._open.append(text)
            self._open_width += len(text)
            self._fit()
        else:
            self._write(text)

    def begin_group(self) -> None:
        depth = len(self._groups)
        if depth == len(self._breakable):
            self._breakable.append([])
        self._groups.append(_Group(depth))
        self._breakable[depth].append(self._groups[-1])

    def end_group(self) -> None:
        self._settle(self._groups.pop())

    def add_place(self, text: str) -> None:
        group = self._groups[-1]
        if group.broken:
            self.decide_all()
            self._new_line(self.indentation)
        else:
            self._open.append(_Place(group, text, self.indentation))
            self._open_width += len(text)
            group.undecided += 1
            self._fit()

    def add_new_line(self) -> None:
        self._break_outermost()
        self.decide_all()
        self._new_line(self.indentation)

    def decide_all(self) -> None:
        """Keep on the line whatever can still be kept there."""
        self._decide(len(self._open))

    def text(self) -> str:
        return "".join(self._text)

    def _fit(self) -> None:
        while self._column + self._open_width > self.max_width and self._break_outermost():
            pass

    def _break_outermost(self) -> bool:
        """Break the outermost group with an undecided place, of several the last; tell if there is one."""
        for level in self._breakable:
            waiting = [index for index, group in enumerate(level) if group.undecided]
            if waiting:
                group = level[waiting[-1]]
                group.broken = True
                # IPython takes the group at the mirrored position out, by mistake, so a value beside a
                # key that was broken stays on its line. People and models know its layout as it is.
                level.pop(-1 - waiting[-1])
                self._decide(max(i for i, piece in enumerate(self._open) if _is_of(piece, group)) + 1)
                return True
            for group in level:
                group.broken = True
            level.clear()
        return False

    def _decide(self, count: int) -> None:
        """Write the first pieces, with the texts that follow them: places of unbroken groups stay flat."""
        pieces = self._open
        while count < len(pieces) and type(pieces[count]) is str:
            count += 1
        self._open = pieces[count:]
        for piece in pieces[:count]:
            if type(piece) is str:
                self._open_width -= len(piece)
                self._write(piece)
                continue
            self._open_width -= len(piece.text)
            piece.group.undecided -= 1
            if piece.group.broken:
                self._new_line(piece.indentation)
            else:
                self._settle(piece.group)
                self._write(piece.text)

    def _settle(self, group: _Group) -> None:
        level = self._breakable[group.depth]
        if not group.undecided and group in level:
            level.remove(group)

    def _write(self, text: str) -> None:
        self._text.append(text)
        self._column += len(text)

    def _new_line(self, indentation: int) -> None:
        self._text.append("\n" + " " * indentation)
        self._column = indentation


def _is_of(piece: Any, group: _Group) -> bool:
    return type(piece) is _Place and piece.group is group


class Printer:
    """What ``_repr_pretty_`` is given: prints text, places to break at, groups and other values."""

    def __init__(self, max_width: int = MAX_WIDTH, max_items: int = MAX_ITEMS) -> None:
        self.max_width = max_width
        self.max_seq_length = max_items
        self.verbose = False
        self.stack: list[int] = []
        self._line = _Line(max_width)
        self._line.begin_group()

    @property
    def indentation(self) -> int:
        """Spaces that a new line begins with at this moment."""
        return self._line.indentation

    @indentation.setter
    def indentation(self, spaces: int) -> None:
        self._line.indentation = spaces

    def pretty(self, value: Any) -> None:
        """Print a value in the way of its type."""
        identity = id(value)
        cycle = identity in self.stack
        self.stack.append(identity)
        try:
            with self.group():
                (describe(value) or show_opaque)(value, self, cycle)
        finally:
            self.stack.pop()

    def text(self, text: str) -> None:
        """Print text that is never broken."""
        self._line.add(text)

    def breakable(self, sep: str = " ") -> None:
        """Print `sep`, or a new line if the group is broken."""
        self._line.add_place(sep)

    def break_(self) -> None:
        """Print a new line."""
        self._line.add_new_line()

    def begin_group(self, indent: int = 0, open: str = "") -> None:
        """Print `open` and start a group; new lines in it are `indent` deeper."""
        if open:
            self.text(open)
        self._line.begin_group()
        self.indentation += indent

    def end_group(self, dedent: int = 0, close: str = "") -> None:
        """End the innermost group and print `close`."""
        self.indentation -= dedent
        self._line.end_group()
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

    def entries(self, values: Iterable[Any], limited: bool = True) -> Iterator[Any]:
        """Print commas between the values; after the most that are shown, print ``...`` and stop."""
        for count, value in enumerate(values):
            if count:
                self.text(",")
                self.breakable()
            if limited and self.max_seq_length and count >= self.max_seq_length:
                self.text("...")
                return
            yield value

    def finish(self) -> str:
        """Return all that was printed."""
        self._line.decide_all()
        return self._line.text()
