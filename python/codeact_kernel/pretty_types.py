"""How the pretty printer shows each type. A printer is a function of (value, printer, cycle)."""

from __future__ import annotations

import os
import types
from typing import Any, Callable, Optional

from .guarded import BUILTINS

__builtins__ = BUILTINS  # type: ignore[assignment]

TypePrinter = Callable[[Any, Any, bool], None]


def printer_for(value: Any) -> Optional[TypePrinter]:
    """Return the printer for a value's type, or None when its class says nothing about its text."""
    if id(value) in _CONSTANTS:
        return print_repr
    try:
        cls = value.__class__
    except Exception:
        cls = type(value)
    try:
        order = cls.__mro__
    except AttributeError:
        order = type(value).__mro__
    for base in order:
        printer = _BY_TYPE.get(base) or _BY_NAME.get(_qualified(base))
        if printer is not None:
            return printer
        members = base.__dict__
        if "_repr_pretty_" in members and callable(base._repr_pretty_):
            own = base._repr_pretty_
            return lambda shown, printer, cycle: own(shown, printer, cycle)
        if "__repr__" in members and base is not object:
            return print_repr
    return None


def print_repr(value: Any, printer: Any, cycle: bool) -> None:
    """Print a value's repr, line by line."""
    with printer.group():
        for index, line in enumerate(repr(value).splitlines()):
            if index:
                printer.break_()
            printer.text(line)


def print_default(value: Any, printer: Any, cycle: bool) -> None:
    """Print an object without a repr of its own as ``<module.Class at 0x...>``."""
    cls = type(value)
    if cls.__repr__ is not object.__repr__:
        print_repr(value, printer, cycle)
        return
    with printer.group(1, "<", ">"):
        printer.pretty(cls)
        printer.text(f" at {hex(id(value))}")
        if cycle:
            printer.text(" ...")


class Call:
    """A call of a name with arguments, such as ``deque([1, 2], maxlen=3)``."""

    def __init__(self, name: str, *arguments: Any, **keywords: Any) -> None:
        self.name = name
        self.arguments = arguments
        self.keywords = keywords

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        opening = self.name + "("
        with printer.group(len(opening), opening, ")"):
            separate = _separator(printer)
            for value in self.arguments:
                separate()
                printer.pretty(value)
            for name, value in self.keywords.items():
                separate()
                with printer.group(len(name) + 1, name + "="):
                    printer.pretty(value)


class _Raw:
    def __init__(self, text: str) -> None:
        self.text = text

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(self.text)


def _separator(printer: Any) -> Callable[[], None]:
    first = True

    def separate() -> None:
        nonlocal first
        if not first:
            printer.text(",")
            printer.breakable()
        first = False

    return separate


def _sequence(opening: str, closing: str) -> TypePrinter:
    def show(value: Any, printer: Any, cycle: bool) -> None:
        if cycle:
            printer.text(opening + "..." + closing)
            return
        with printer.group(len(opening), opening, closing):
            for index, item in printer.items(value):
                if index:
                    printer.text(",")
                    printer.breakable()
                printer.pretty(item)
            if type(value) is tuple and len(value) == 1:
                printer.text(",")

    return show


def _set(opening: str, closing: str) -> TypePrinter:
    def show(value: Any, printer: Any, cycle: bool) -> None:
        if cycle:
            printer.text(opening + "..." + closing)
            return
        if not value:
            printer.text(type(value).__name__ + "()")
            return
        with printer.group(len(opening), opening, closing):
            shown = value if len(value) >= printer.max_seq_length else _in_order(value)
            for index, item in printer.items(shown):
                if index:
                    printer.text(",")
                    printer.breakable()
                printer.pretty(item)

    return show


def _in_order(values: Any) -> list[Any]:
    for key in (None, str):
        try:
            return sorted(values, key=key)
        except Exception:
            continue
    return list(values)


def _mapping(opening: str, closing: str) -> TypePrinter:
    def show(value: Any, printer: Any, cycle: bool) -> None:
        if cycle:
            printer.text("{...}")
            return
        with printer.group(len(opening), opening, closing):
            for index, key in printer.items(value.keys()):
                if index:
                    printer.text(",")
                    printer.breakable()
                printer.pretty(key)
                printer.text(": ")
                printer.pretty(value[key])

    return show


def _as_call(arguments: Callable[[Any], Call]) -> TypePrinter:
    def show(value: Any, printer: Any, cycle: bool) -> None:
        call = Call(arguments(value).name, _Raw("...")) if cycle else arguments(value)
        printer.pretty(call)

    return show


def _class_name(value: Any) -> str:
    return value.__class__.__name__


def _ordered_dict(value: Any) -> Call:
    return Call(_class_name(value), list(value.items())) if value else Call(_class_name(value))


def _deque(value: Any) -> Call:
    name = _class_name(value)
    if value.maxlen is None:
        return Call(name, list(value))
    return Call(name, list(value), maxlen=value.maxlen)


def _counter(value: Any) -> Call:
    name = _class_name(value)
    return Call(name, dict(value.most_common())) if value else Call(name)


def _pattern(value: Any) -> Call:
    import re

    text = repr(value.pattern).replace("\\\\", "\\")
    names = "IGNORECASE LOCALE MULTILINE DOTALL UNICODE VERBOSE DEBUG".split()
    flags = "|".join("re." + name for name in names if value.flags & getattr(re, name))
    if value.flags:
        return Call("re.compile", _Raw("r" + text), _Raw(flags))
    return Call("re.compile", _Raw("r" + text))


def _exception(value: Any) -> Call:
    cls = value.__class__
    name = getattr(cls, "__qualname__", cls.__name__)
    if cls.__module__ != "builtins":
        name = f"{cls.__module__}.{name}"
    return Call(name, *getattr(value, "args", ()))


def _print_super(value: Any, printer: Any, cycle: bool) -> None:
    with printer.group(8, "<super: ", ">"):
        printer.pretty(value.__thisclass__)
        printer.text(",")
        printer.breakable()
        printer.pretty(value.__self__)


def _print_class(value: Any, printer: Any, cycle: bool) -> None:
    described_by = next(base for base in type(value).__mro__ if "__repr__" in base.__dict__)
    if described_by is not type:
        print_repr(value, printer, cycle)
        return
    name = getattr(value, "__qualname__", None)
    if not isinstance(name, str):
        name = value.__name__
    module = getattr(value, "__module__", None)
    printer.text(name if module in (None, "builtins") else f"{module}.{name}")


def _print_function(value: Any, printer: Any, cycle: bool) -> None:
    import inspect

    name = getattr(value, "__qualname__", value.__name__)
    if value.__module__ and value.__module__ != "builtins":
        name = f"{value.__module__}.{name}"
    try:
        name += str(inspect.signature(value))
    except ValueError:
        pass
    printer.text(f"<function {name}>")


def _qualified(cls: type) -> tuple[Any, Any]:
    try:
        return (cls.__module__, cls.__name__)
    except Exception:
        return (None, None)


_CONSTANTS = frozenset(map(id, (None, True, False, Ellipsis, NotImplemented)))

_BY_TYPE: dict[type, TypePrinter] = {
    int: print_repr,
    float: print_repr,
    str: print_repr,
    bytes: print_repr,
    range: print_repr,
    slice: print_repr,
    tuple: _sequence("(", ")"),
    list: _sequence("[", "]"),
    dict: _mapping("{", "}"),
    set: _set("{", "}"),
    frozenset: _set("frozenset({", "})"),
    type(os.environ): _mapping("environ{", "}"),
    types.MappingProxyType: _mapping("mappingproxy({", "})"),
    types.SimpleNamespace: _as_call(lambda value: Call("namespace", **value.__dict__)),
    types.FunctionType: _print_function,
    types.BuiltinFunctionType: _print_function,
    types.MethodType: print_repr,
    type: _print_class,
    super: _print_super,
    BaseException: _as_call(_exception),
}

# By name, so that nothing has to be imported for them.
_BY_NAME: dict[tuple[Any, Any], TypePrinter] = {
    ("re", "Pattern"): _as_call(_pattern),
    ("datetime", "datetime"): print_repr,
    ("datetime", "timedelta"): print_repr,
    ("collections", "defaultdict"): _as_call(
        lambda value: Call(_class_name(value), value.default_factory, dict(value))
    ),
    ("collections", "OrderedDict"): _as_call(_ordered_dict),
    ("collections", "deque"): _as_call(_deque),
    ("collections", "Counter"): _as_call(_counter),
    ("collections", "UserList"): _as_call(lambda value: Call(_class_name(value), value.data)),
}
