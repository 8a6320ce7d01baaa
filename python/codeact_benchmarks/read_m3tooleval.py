"""Turns the Python in which M3ToolEval is released into data.

Runs in a session whose working folder holds the release's package ``tasks``; writes the files that codeact reads
into the folder ``data`` beside it. The release computes what its tasks expect, so it has to be run.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import types
from typing import Any

FAMILIES = (
    ("message_decoder", "message_decoder"),
    ("dna_sequencer", "cryptobotanists_plant_dna_sequencer"),
    ("trade_calculator", "trade_calculator"),
    ("travel_itinerary_planning", "travel_itinerary_planning"),
    ("web_browsing", "web_browsing"),
)


def main() -> None:
    """Convert the release in the current folder."""
    for missing in ("tqdm", "tasks.repl"):  # needed to run tasks, not to read them
        sys.modules[missing] = types.ModuleType(missing)
    sys.modules["tqdm"].tqdm = iter  # type: ignore[attr-defined]
    sys.modules["tasks.repl"].PythonREPL = object  # type: ignore[attr-defined]
    sys.path.insert(0, os.getcwd())
    with contextlib.redirect_stdout(io.StringIO()):  # the release prints every task
        from tasks.impl import travel_itinerary_planning as travel  # type: ignore[import-not-found]

        modules = {name: __import__(f"tasks.impl.{name}", fromlist=["TASKS"]) for name, _ in FAMILIES}
    tasks: list[dict[str, Any]] = []
    functions: dict[str, list[dict[str, str]]] = {}
    for module_name, family in FAMILIES:
        for task in modules[module_name].TASKS:
            functions.setdefault(family, [_function(tool) for tool in task.tools.values()])
            tasks.append({"index": len(tasks), "family": family, **_task(task)})
    pages = open("tasks/impl/web_browsing/web_pages.jsonl", encoding="utf-8").read()
    os.makedirs("data", exist_ok=True)
    _write("m3tooleval.jsonl", "".join(json.dumps(task) + "\n" for task in tasks))
    _write("m3tooleval_tools.json", json.dumps(functions, indent=1))
    _write("m3tooleval_travel.json", json.dumps({"flights": travel.flights, "hotels": travel.hotels}))
    _write("m3tooleval_web_pages.jsonl", pages)


def _task(task: Any) -> dict[str, Any]:
    expected = task.expected_output
    return {
        "name": task.name,
        "instruction": task.instruction,
        "expected_type": type(expected).__name__,
        "expected_repr": repr(expected),
        "expected_str": str(expected),
        "tools": list(task.tools),
    }


def _function(tool: Any) -> dict[str, str]:
    return {"name": tool.name, "description": tool.description, "signature": tool.fn_signature}


def _write(name: str, text: str) -> None:
    with open(os.path.join("data", name), "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    main()
