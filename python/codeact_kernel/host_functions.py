"""The functions that the host provides, as cells see them: ordinary Python functions and modules."""

from __future__ import annotations

import builtins
import inspect
import sys
import types
import typing
from typing import Any, Callable

from .guarded import BUILTINS
from .host_calls import HostCalls, ToolError

__builtins__ = BUILTINS  # type: ignore[assignment]

_TYPES = {
    "str": str,
    "int": int,
    "float": float,
    "bool": bool,
    "bytes": bytes,
    "dict": dict,
    "list": list,
    "None": None,
    "Any": typing.Any,
}


class TypeText:
    """An annotation that is shown as it was written and stands for no object."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


class HostFunctions:
    """Defines functions and modules that reach the host through `calls`."""

    def __init__(self, calls: HostCalls) -> None:
        self._calls = calls
        self._functions: dict[str, Any] = {}
        self._modules: dict[str, types.ModuleType] = {}
        _define("ToolError", ToolError)

    def provide(self, functions: list[dict[str, Any]], modules: dict[str, str]) -> None:
        """Define these functions in the place of those that were provided before.

        `modules` are the docstrings of modules by name.
        """
        self._remove()
        for declared in functions:
            function = _make_function(declared, self._calls.call)
            name = declared["name"]
            module = declared.get("module")
            if module is None:
                self._functions[name] = function
                _define(name, function)
            else:
                setattr(self._module(module, modules.get(module)), name, function)

    def _module(self, name: str, doc: str | None) -> types.ModuleType:
        module = self._modules.get(name)
        if module is None:
            module = self._modules[name] = types.ModuleType(name, doc)
            if name not in sys.modules:  # a module of the same name that is loaded stays what it is
                sys.modules[name] = module
            _define(name, module)
        return module

    def _remove(self) -> None:
        for name, thing in (*self._functions.items(), *self._modules.items()):
            if vars(builtins).get(name) is thing:
                delattr(builtins, name)
            BUILTINS.pop(name, None)
            if sys.modules.get(name) is thing:
                del sys.modules[name]
        self._functions.clear()
        self._modules.clear()


def _define(name: str, thing: Any) -> None:
    """Make it a built-in, which cells, their modules and all that they import see without an import."""
    BUILTINS[name] = thing
    setattr(builtins, name, thing)


def _make_function(declared: dict[str, Any], call: Callable[[str, dict[str, Any]], Any]) -> Any:
    """Return a function whose signature, annotations and docstring are those that were declared."""
    module = declared.get("module")
    name = declared["name"]
    path = f"{module}.{name}" if module else name
    parameters = declared["parameters"]
    names = tuple(parameter["name"] for parameter in parameters)
    keys = {parameter["name"]: parameter.get("key", parameter["name"]) for parameter in parameters}
    required = tuple(parameter["name"] for parameter in parameters if parameter["required"])
    omitted_if_none = {parameter["name"] for parameter in parameters if _is_omitted_if_none(parameter)}
    takes_more = bool(declared.get("takesMore"))
    tool = declared["id"]

    def function(*positional: Any, **named: Any) -> Any:
        if positional:
            if len(positional) > len(names):
                raise TypeError(f"{path}() takes {len(names)} arguments, not {len(positional)}: {path}{signature}")
            for key, value in zip(names, positional):
                if key in named:
                    raise TypeError(f"{path}() got two values for {key!r}: {path}{signature}")
                named[key] = value
        for key in required:
            if key not in named:
                raise TypeError(f"{path}() needs the argument {key!r}: {path}{signature}")
        arguments = {}
        for key, value in named.items():
            if key not in keys and not takes_more:
                raise TypeError(f"{path}() has no parameter {key!r}: {path}{signature}")
            if value is not None or key not in omitted_if_none:
                arguments[keys.get(key, key)] = value
        return call(tool, arguments)

    signature = _signature(declared)
    function.__name__ = function.__qualname__ = name
    function.__module__ = module or "builtins"
    function.__doc__ = declared["doc"]
    function.__signature__ = signature  # type: ignore[attr-defined]
    function.__annotations__ = {p.name: p.annotation for p in signature.parameters.values()}
    function.__annotations__["return"] = signature.return_annotation
    return function


def _is_omitted_if_none(parameter: dict[str, Any]) -> bool:
    """Tell whether None means that the argument is not given at all."""
    return not parameter["required"] and parameter.get("default") is None and not parameter.get("nullable")


def _signature(declared: dict[str, Any]) -> inspect.Signature:
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters = []
    for parameter in declared["parameters"]:
        default = inspect.Parameter.empty if parameter["required"] else parameter.get("default")
        annotation = _annotation(parameter["type"])
        parameters.append(inspect.Parameter(parameter["name"], kind, default=default, annotation=annotation))
    if declared.get("takesMore"):
        parameters.append(inspect.Parameter("more", inspect.Parameter.VAR_KEYWORD))
    return inspect.Signature(parameters, return_annotation=_annotation(declared["returns"]))


def _annotation(text: str) -> Any:
    return _TYPES[text] if text in _TYPES else TypeText(text)
