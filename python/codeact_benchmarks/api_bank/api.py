"""What an API is: parameters, a call, and the rule by which two calls of it are compared."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any, Callable, Mapping

from .databases import Databases

Run = Callable[..., Any]


class ApiError(Exception):
    """The call failed as the original's assertion does; the message is part of the result."""


def require(condition: object, message: str) -> None:
    """Raise ApiError with this message unless the condition holds."""
    if not condition:
        raise ApiError(message)


@dataclass(frozen=True)
class Parameter:
    """`type` is the name by which the model reads it, such as str, int, bool or list(str)."""

    type: str
    description: str
    required: bool = True


@dataclass(frozen=True)
class Result:
    """What a call came to. `input` are its arguments after coercion."""

    api_name: str
    input: dict[str, Any] | None
    output: Any
    exception: str | None


def same_all(mine: Result, truth: Result) -> bool:
    """Input, output and exception are equal."""
    return (mine.input, mine.output, mine.exception) == (truth.input, truth.output, truth.exception)


def same_output(mine: Result, truth: Result) -> bool:
    """Output and exception are equal, whatever the input was."""
    return (mine.output, mine.exception) == (truth.output, truth.exception)


def same_input(mine: Result, truth: Result) -> bool:
    """Input and exception are equal: the output is random."""
    return (mine.input, mine.exception) == (truth.input, truth.exception)


def alike_in(
    key: str, *, ignores_case: bool = False, compared: tuple[str, ...] | None = None
) -> Callable[[Result, Result], bool]:
    """Equal but for the text `key`, whose words overlap by more than half (Jaccard).

    Of the rest of the input only `compared` counts; all of it when None.
    """

    def words(result: Result) -> set[str]:
        text = str((result.input or {}).get(key, ""))
        return set((text.lower() if ignores_case else text).split(" "))

    def rest(result: Result) -> dict[str, Any]:
        given = result.input or {}
        return {name: given.get(name) for name in (compared if compared is not None else given) if name != key}

    def same(mine: Result, truth: Result) -> bool:
        both, either = words(mine) & words(truth), words(mine) | words(truth)
        return len(both) / len(either) > 0.5 and rest(mine) == rest(truth) and same_output(mine, truth)

    return same


def same_once_done(key: str) -> Callable[[Result, Result], bool]:
    """Equal when both succeed and `key` is equal, or when both come to the same otherwise."""

    def same(mine: Result, truth: Result) -> bool:
        if mine.output == truth.output == "success":
            return (mine.input or {}).get(key) == (truth.input or {}).get(key)
        return same_output(mine, truth)

    return same


def never_once_done(mine: Result, truth: Result) -> bool:
    """Equal when both come to the same other than success, which the original compares by a parameter that is not there."""
    return mine.output != "success" and same_output(mine, truth)


@dataclass(frozen=True)
class Api:
    """`run` gets the databases and the coerced arguments. `original_same` is the original's rule where it is at fault."""

    name: str
    description: str
    parameters: Mapping[str, Parameter]
    run: Run
    same: Callable[[Result, Result], bool] = same_all
    original_same: Callable[[Result, Result], bool] | None = None

    def call(self, databases: Databases, arguments: Mapping[str, Any], *, lenient: bool = True) -> Result:
        """Call with arguments that are mostly text. What the call raises is part of its result.

        `lenient` takes values by what they mean: text as a list where one is wanted, true in JSON, negative numbers.
        Without it they are taken as the original does.
        """
        try:
            given = self.coerce(arguments, lenient)
        except ApiError as error:
            return Result(self.name, None, None, str(error))
        try:
            return Result(self.name, given, self.run(databases, **given), None)
        except ApiError as error:
            return Result(self.name, given, None, str(error))
        except Exception as error:  # wrong types get as far as they do in the original
            return Result(self.name, given, None, f"{type(error).__name__}: {error}")

    def coerce(self, arguments: Mapping[str, Any], lenient: bool) -> dict[str, Any]:
        """Return the arguments in the order and with the types of the parameters. Raises ApiError."""
        for key in arguments:
            require(key in self.parameters, f"Unknown parameter: {key}")
        missing = [key for key, parameter in self.parameters.items() if parameter.required and key not in arguments]
        require(not missing, f"Missing parameter: {', '.join(missing)}")
        return {
            key: _coerced(arguments[key], parameter.type, lenient)
            for key, parameter in self.parameters.items()
            if key in arguments
        }


def _coerced(value: Any, type_name: str, lenient: bool) -> Any:
    if not lenient:
        return _coerced_as_original(value, type_name)
    try:
        if type_name == "int":
            return int(value)
        if type_name == "float":
            return float(value)
        if type_name == "bool":
            return value is True or value == "True"
        if type_name.startswith("list") and isinstance(value, str):
            return ast.literal_eval(value)
        return value
    except (ValueError, TypeError, SyntaxError):
        raise ApiError(f"{value!r} is no {type_name}") from None


def _coerced_as_original(value: Any, type_name: str) -> Any:
    """Text is a number when it is all digits, and true when it is ``True``; nothing else is true. Lists stay text."""
    if type_name == "bool":
        return bool(value == "True")
    if type_name not in ("int", "float"):
        return value
    if isinstance(value, str):
        digits = value if type_name == "int" else value.replace(".", "", 1)
        require(digits.isdigit(), f"{value!r} is no {type_name}")
    try:
        return int(value) if type_name == "int" else float(value)
    except (ValueError, TypeError, OverflowError):
        raise ApiError(f"{value!r} is no {type_name}") from None
