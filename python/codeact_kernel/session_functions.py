"""What a session offers its code beside Python: `budget`, `cell_output` and `final_answer`."""

from __future__ import annotations

import builtins
import re
from typing import Any, Callable, Optional

from .budget import Budget
from .guarded import BUILTINS
from .plain_data import json_text
from .streams import Emit

__builtins__ = BUILTINS  # type: ignore[assignment]

ReadOutput = Callable[[int], dict]

MAX_ANSWER_CHARACTERS = 4 * 1024 * 1024

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])")


class SessionFunctions:
    """Builtins of one session. They are no variables: a variable of the same name covers them up."""

    def __init__(self, emit: Emit, read_output: Optional[ReadOutput]) -> None:
        self._emit = emit
        self._read_output = read_output
        self._number = 0
        self._budget = Budget()

    def builtins(self) -> dict[str, Any]:
        """Return them by name."""
        return {
            "budget": self._budget,
            "cell_output": self.cell_output,
            "final_answer": self.final_answer,
        }

    def start_cell(self, number: int, context: dict[str, Any]) -> None:
        """Take what the host says of the run; put `budget` back where a cell replaced it."""
        self._number = number
        self._budget.start_cell(context.get("budget") or {})
        if vars(builtins).get("budget") is not self._budget:
            vars(builtins)["budget"] = self._budget

    def cell_output(self, number: int = -1) -> str:
        """Return all that a cell put out: what it printed, the text of its values, its error.

        `number` is the cell's, as tracebacks show it; negative numbers count back from the running cell.
        Raises ValueError when there is no such cell, or its output is no longer kept.
        """
        if not isinstance(number, int):
            raise TypeError(f"cell_output() takes the number of a cell, not {type(number).__name__}")
        if self._read_output is None:
            raise RuntimeError("cell_output() is not available here")
        answer = self._read_output(number if number >= 0 else self._number + number)
        if "problem" in answer:
            raise ValueError(answer["problem"])
        return _without_escapes(answer["text"])

    def final_answer(self, value: Any) -> None:
        """Give the answer to the task, as data: the run ends with it once this cell has ended well.

        Takes what JSON can hold, and data frames, arrays, dates, sets and dataclasses, which become lists,
        dicts and text. Of several calls the last counts. Raises TypeError for anything else.
        """
        text = json_text(value)
        if len(text) > MAX_ANSWER_CHARACTERS:
            raise ValueError(
                f"the answer is too large ({len(text)} characters): save it as a file and answer with its name"
            )
        self._emit({"type": "answer", "json": text})


def _without_escapes(text: str) -> str:
    """Return what stays on the screen of a terminal, as models read it."""
    text = _ESCAPES.sub("", text).replace("\r\n", "\n")
    if "\r" not in text:
        return text
    return "\n".join(next((part for part in reversed(line.split("\r")) if part), "") for line in text.split("\n"))
