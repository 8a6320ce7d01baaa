"""How the text of each type is made: containers as their parts between brackets, the rest by its repr."""

from __future__ import annotations

import os
import types
from typing import Any, Callable, Iterable, Optional

from .guarded import BUILTINS

__builtins__ = BUILTINS  # type: ignore[assignment]

# Shows (value, printer, whether the value is already being shown).
Shower = Callable[[Any, Any, bool], None]


def describe(value: Any) -> Optional[Shower]:
    """Return what shows a value, or None for an instance of a class that says nothing of its text.

    The first class in the order of inheritance decides that is known here, has ``_repr_pretty_`` or
    has a ``__repr__``.
    """
    if value is Ellipsis or value is NotImplemented:
        return show_repr
    for cls in _classes(value):
        known = _known(cls)
        if known is not None:
            return known
        own = cls.__dict__
        if "_repr_pretty_" in own and callable(cls._repr_pretty_):
            return _asked(cls)
        if "__repr__" in own and cls is not object:
            return show_repr
    return None


def show_repr(value: Any, printer: Any, cycle: bool) -> None:
    """Print the repr of a value; its lines stay lines."""
    first, *others = repr(value).splitlines() or [""]
    with printer.group():
        printer.text(first)
        for line in others:
            printer.break_()
            printer.text(line)


def show_opaque(value: Any, printer: Any, cycle: bool) -> None:
    """Print ``<module.Class at 0x...>`` for an object that has nothing else."""
    cls = type(value)
    if cls.__repr__ is not object.__repr__:
        return show_repr(value, printer, cycle)
    with printer.group(1, "<", ">"):
        printer.pretty(cls)
        printer.text(f" at {id(value):#x}" + (" ..." if cycle else ""))
    return None


class Text(str):
    """Text that is printed as it is where a value is expected."""

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))


def _classes(value: Any) -> tuple:
    try:
        return value.__class__.__mro__
    except Exception:
        return type(value).__mro__


def _asked(cls: type) -> Shower:
    method: Any = getattr(cls, "_repr_pretty_")
    return lambda value, printer, cycle: method(value, printer, cycle)


def _known(cls: type) -> Optional[Shower]:
    shower = _SHOWERS.get(cls)
    if shower is None:
        # Types of modules that may never be imported are known by their names.
        named = _SHOWERS_BY_NAME.get(getattr(cls, "__name__", None))
        if named is not None and named[0] == getattr(cls, "__module__", None):
            shower = named[1]
    return shower


def _brackets(opening: str, closing: str, contents: Callable[[Any, Any], Iterable[Any]]) -> Shower:
    def show(value: Any, printer: Any, cycle: bool) -> None:
        if cycle:
            return printer.text(f"{opening}...{closing}")
        with printer.group(len(opening), opening, closing):
            for item in printer.entries(contents(value, printer)):
                printer.pretty(item)
            if isinstance(value, tuple) and len(value) == 1:
                printer.text(",")
        return None

    return show


def _unless_empty(show: Shower) -> Shower:
    def check(value: Any, printer: Any, cycle: bool) -> None:
        if cycle or value:
            show(value, printer, cycle)
        else:
            printer.text(f"{type(value).__name__}()")

    return check


def _as_they_come(value: Any, printer: Any) -> Iterable[Any]:
    return value


def _sorted_where_possible(value: Any, printer: Any) -> Iterable[Any]:
    if printer.max_seq_length and len(value) >= printer.max_seq_length:
        return value
    for key in (None, str):
        try:
            return sorted(value, key=key)
        except Exception:
            pass
    return value


def _pairs(opening: str, closing: str) -> Shower:
    def show(value: Any, printer: Any, cycle: bool) -> None:
        if cycle:
            return printer.text("{...}")
        with printer.group(len(opening), opening, closing):
            for key in printer.entries(value.keys()):
                printer.pretty(key)
                printer.text(": ")
                printer.pretty(value[key])
        return None

    return show


def _call(arguments: Callable[[Any], Iterable[Any]], name: Any = None) -> Shower:
    """Show as a call of its class, or of `name`. A keyword argument is a pair of Text and a value."""

    def show(value: Any, printer: Any, cycle: bool) -> None:
        shown = name if isinstance(name, str) else (name or _plain_name)(value)
        opening = shown + "("
        # The outer group makes a call one level deeper than a container.
        with printer.group(), printer.group(len(opening), opening, ")"):
            given = [Text("...")] if cycle else arguments(value)
            for argument in printer.entries(given, limited=False):
                if type(argument) is tuple and argument and type(argument[0]) is Text:
                    keyword = argument[0] + "="
                    with printer.group(len(keyword), keyword):
                        printer.pretty(argument[1])
                else:
                    printer.pretty(argument)

    return show


def _plain_name(value: Any) -> str:
    return value.__class__.__name__


def _dotted_name(thing: Any) -> str:
    name = getattr(thing, "__qualname__", None)
    if not isinstance(name, str):
        name = thing.__name__
    module = getattr(thing, "__module__", None)
    return name if not module or module == "builtins" else f"{module}.{name}"


def _pattern(value: Any) -> list[Any]:
    import re

    parts = [Text("r" + repr(value.pattern).replace(r"\\", "\\"))]
    if value.flags:
        order = ("IGNORECASE", "LOCALE", "MULTILINE", "DOTALL", "UNICODE", "VERBOSE", "DEBUG")
        set_flags = (flag for flag in order if value.flags & getattr(re, flag))
        parts.append(Text("|".join(f"re.{flag}" for flag in set_flags)))
    return parts


def _queue(value: Any) -> list[Any]:
    contents: list[Any] = [list(value)]
    return contents if value.maxlen is None else [*contents, (Text("maxlen"), value.maxlen)]


def _show_super(value: Any, printer: Any, cycle: bool) -> None:
    with printer.group(len("<super: "), "<super: ", ">"):
        for part in printer.entries((value.__thisclass__, value.__self__)):
            printer.pretty(part)


def _show_class(value: Any, printer: Any, cycle: bool) -> None:
    if type(value).__repr__ is not type.__repr__:
        show_repr(value, printer, cycle)
    else:
        printer.text(_dotted_name(value))


def _show_function(value: Any, printer: Any, cycle: bool) -> None:
    import inspect

    try:
        signature = str(inspect.signature(value))
    except ValueError:
        signature = ""
    printer.text(f"<function {_dotted_name(value)}{signature}>")


_SHOWERS: dict[type, Shower] = {
    **dict.fromkeys((bool, bytes, float, int, range, slice, str, type(None)), show_repr),
    list: _brackets("[", "]", _as_they_come),
    tuple: _brackets("(", ")", _as_they_come),
    set: _unless_empty(_brackets("{", "}", _sorted_where_possible)),
    frozenset: _unless_empty(_brackets("frozenset({", "})", _sorted_where_possible)),
    dict: _pairs("{", "}"),
    types.MappingProxyType: _pairs("mappingproxy({", "})"),
    type(os.environ): _pairs("environ{", "}"),
    types.SimpleNamespace: _call(
        lambda value: [(Text(name), item) for name, item in vars(value).items()], "namespace"
    ),
    BaseException: _call(
        lambda value: getattr(value, "args", ()), lambda value: _dotted_name(value.__class__)
    ),
    type: _show_class,
    types.FunctionType: _show_function,
    types.BuiltinFunctionType: _show_function,
    types.MethodType: show_repr,
    super: _show_super,
}

_SHOWERS_BY_NAME: dict[Any, tuple[str, Shower]] = {
    "Counter": (
        "collections",
        _call(lambda value: [dict(value.most_common())] if value else []),
    ),
    "OrderedDict": (
        "collections",
        _call(lambda value: [list(value.items())] if value else []),
    ),
    "UserList": ("collections", _call(lambda value: [value.data])),
    "defaultdict": (
        "collections",
        _call(lambda value: [value.default_factory, dict(value)]),
    ),
    "deque": ("collections", _call(_queue)),
    "datetime": ("datetime", show_repr),
    "timedelta": ("datetime", show_repr),
    "Pattern": ("re", _call(_pattern, "re.compile")),
}
