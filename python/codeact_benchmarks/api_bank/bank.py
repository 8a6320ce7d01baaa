"""All APIs together: describe them, call one, judge a call."""

from __future__ import annotations

import ast
from typing import Any, Mapping, Sequence

from . import accounts, calendar_apis, health, home, knowledge, money
from .api import Api, Parameter, Result
from .databases import Databases
from .outputs import OUTPUTS

APIS: dict[str, Api] = {
    api.name: api
    for module in (accounts, calendar_apis, health, home, knowledge, money)
    for api in module.APIS
}


class Bank:
    """`originals` are the initial databases by name; `recorded` holds outputs of APIs that need the network."""

    def __init__(self, originals: Mapping[str, Any], recorded: Sequence[Mapping[str, Any]] = ()) -> None:
        answers = {_call_key(call["api_name"], call["input"] or {}): call["output"] for call in recorded}
        self._originals = {**originals, "Recorded": answers}

    def describe(self, name: str) -> dict[str, Any]:
        """Return name, description, input and output of an API, as the model reads them. Raises KeyError."""
        api = APIS[name]
        return {
            "name": api.name,
            "description": api.description,
            "input_parameters": _described(api.parameters),
            "output_parameters": _described(OUTPUTS[name]),
        }

    def call(self, name: str, arguments: Mapping[str, Any], *, lenient: bool = True) -> Result:
        """Call an API on fresh databases. Raises KeyError for an unknown one."""
        return APIS[name].call(Databases(self._originals), arguments, lenient=lenient)

    def judge(
        self, name: str, arguments: Mapping[str, Any], truth: Mapping[str, Any], *, lenient: bool = True
    ) -> dict[str, Any]:
        """Call the API and compare with the recorded call `truth` (api_name, input, output, exception)."""
        if name not in APIS or name != truth["api_name"]:
            return {"correct": False, "reason": f"it calls {name}, not {truth['api_name']}"}
        mine = self.call(name, arguments, lenient=lenient)
        recorded = Result(truth["api_name"], truth["input"], truth["output"], truth["exception"])
        api = APIS[name]
        same = api.same if lenient else api.original_same or api.same
        if same(mine, recorded):
            return {"correct": True, "reason": ""}
        if mine.exception != recorded.exception:
            return {"correct": False, "reason": f"it raises: {mine.exception}"}
        which = "input" if mine.input != recorded.input else "output"
        return {"correct": False, "reason": f"its {which} differs from the recorded one"}


def _described(parameters: Mapping[str, Parameter]) -> dict[str, dict[str, str]]:
    return {
        key: {"type": parameter.type, "description": parameter.description} for key, parameter in parameters.items()
    }


def read_call(text: str) -> tuple[str, dict[str, Any]]:
    """Read ``Name(key=literal, ...)``. Raises ValueError for anything else."""
    try:
        node = ast.parse(text.strip(), mode="eval").body
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.args:
            raise ValueError("it is no call with named arguments")
        return node.func.id, {str(word.arg): ast.literal_eval(word.value) for word in node.keywords}
    except (SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise ValueError(str(error)) from None


def _call_key(name: str, arguments: Mapping[str, Any]) -> str:
    return repr((name, sorted((key, str(value)) for key, value in arguments.items())))


def recorded_output(databases: Databases, name: str, **arguments: Any) -> Any:
    """Return what the recording of this very call returned; for APIs that need the network."""
    from .api import ApiError

    answers = databases["Recorded"]
    key = _call_key(name, arguments)
    if key not in answers:
        raise ApiError("There is no recording of this call.")
    return answers[key]
