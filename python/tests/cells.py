"""Runs cells in an interpreter of this process and keeps what they emit."""

from __future__ import annotations

import importlib.util
import sys
import threading
import unittest
from typing import Any, Optional

from codeact_kernel.interpreter import Interpreter


class CellTestCase(unittest.TestCase):
    """Gives each test an interpreter; this process's own streams and `__main__` come back afterwards."""

    ask: Any = None

    def setUp(self) -> None:
        saved = {name: getattr(sys, name) for name in ("stdin", "stdout", "stderr", "path", "argv")}
        originals = {name: getattr(sys, f"__{name}__") for name in ("stdin", "stdout", "stderr")}
        main, finders = sys.modules["__main__"], list(sys.meta_path)
        excepthook = threading.excepthook

        def restore() -> None:
            for name, value in saved.items():
                setattr(sys, name, value)
            for name, value in originals.items():
                setattr(sys, f"__{name}__", value)
            sys.modules["__main__"] = main
            sys.meta_path[:] = finders
            threading.excepthook = excepthook

        self.addCleanup(restore)
        self.frames: list[dict[str, Any]] = []
        self.interpreter = Interpreter(self.frames.append, self.ask)

    def run_cell(self, source: str, status: Optional[str] = "ok") -> list[dict[str, Any]]:
        """Run a cell, assert its status and return its frames."""
        self.frames.clear()
        result = self.interpreter.run(source)
        if status is not None:
            self.assertEqual(result, status, self.frames)
        return list(self.frames)

    def value(self, source: str) -> Any:
        """Run a cell and return the plain text of its value, or None when it has none."""
        values = [frame for frame in self.run_cell(source) if frame["type"] == "value"]
        return values[0]["data"]["text/plain"] if values else None

    def text(self, source: str, name: str = "stdout", status: Optional[str] = "ok") -> str:
        """Run a cell and return what it wrote to one stream."""
        frames = self.run_cell(source, status)
        return "".join(f["text"] for f in frames if f["type"] == "stream" and f["name"] == name)

    def error(self, source: str, status: str = "error") -> dict[str, Any]:
        """Run a cell that fails and return its error."""
        errors = [f["error"] for f in self.run_cell(source, status) if f["type"] == "error"]
        self.assertEqual(len(errors), 1)
        return errors[0]


def needs(*modules: str) -> Any:
    """Skip a test where one of the modules is not installed."""
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    if missing:
        return unittest.skip(f"{', '.join(missing)} not installed in this Python")
    return lambda test: test
