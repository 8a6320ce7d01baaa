"""Saves the variables of one interpreter and restores them in another."""

from __future__ import annotations

import os
import tempfile
from typing import Any
from unittest import mock

from codeact_kernel import saved_variables
from codeact_kernel.interpreter import Interpreter

from .cells import CellTestCase

FILE = "variables"


class SavedVariablesTest(CellTestCase):
    def setUp(self) -> None:
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        for name, value in (("folder", folder.name), ("_restored_sources", {})):
            patch = mock.patch.object(saved_variables, name, value)
            patch.start()
            self.addCleanup(patch.stop)

    def save(self) -> dict[str, Any]:
        return saved_variables.save(self.interpreter.namespace, FILE)

    def move(self) -> dict[str, Any]:
        """Save, take a fresh interpreter, restore there, and return what that reports."""
        self.save()
        self.interpreter = Interpreter(self.frames.append, self.ask)
        self.run_cell("None")
        return saved_variables.restore(self.interpreter.namespace, FILE)

    def test_brings_values_modules_and_definitions_back(self) -> None:
        self.run_cell("import math, os.path as paths\nfrom collections import OrderedDict\nn = 3; _hidden = 4")
        self.run_cell("def double(v):\n    return v * 2\n\nclass Point:\n    def __init__(self, x): self.x = x")
        self.run_cell("p = Point(double(n)); square = lambda v: v * v; items = [1, 2]")
        report = self.move()
        self.assertEqual(
            report,
            {
                "modules": ["math", "paths"],
                "definitions": ["Point", "double", "square"],
                "values": ["OrderedDict", "_hidden", "items", "n", "p"],
                "missing": [],
            },
        )
        self.assertEqual(self.value("double(p.x), square(n), math.pi > 3, paths.sep, _hidden"), "(12, 9, True, '/', 4)")
        self.assertFalse(os.path.exists(os.path.join(saved_variables.folder, FILE)))

    def test_says_what_is_not_back_and_why(self) -> None:
        self.run_cell("import threading\nlock = threading.Lock()\npaired = [1, lock]\nshared = [1]; also = shared")
        self.run_cell("def make(n):\n    return lambda v: v + n\nadd = make(2)\nsteps = (n for n in [1])")
        report = self.move()
        self.assertEqual([entry["name"] for entry in report["missing"]], ["add", "lock", "paired", "steps"])
        self.assertIn("lock", report["missing"][1]["reason"])
        self.assertEqual(self.value("also is shared"), "True")

    def test_keeps_what_values_share(self) -> None:
        self.run_cell("a = [1]; b = {'a': a}")
        self.move()
        self.assertEqual(self.value("a.append(2); b"), "{'a': [1, 2]}")

    def test_defines_what_needs_an_import_or_a_value(self) -> None:
        self.run_cell("from dataclasses import dataclass\nfrom collections import namedtuple\nrate = 2")
        self.run_cell("@dataclass\nclass Row:\n    n: int\nPair = namedtuple('Pair', 'a b')")
        self.run_cell("def scaled(v, by=rate):\n    return v * by\nrows = [Row(1)]; pair = Pair(1, 2)")
        report = self.move()
        self.assertEqual(report["definitions"], ["Pair", "Row", "scaled"])
        self.assertEqual(report["missing"], [])
        self.assertEqual(self.value("scaled(3), rows, pair"), "(6, [Row(n=1)], Pair(a=1, b=2))")

    def test_moves_definitions_more_than_once_and_takes_the_newest(self) -> None:
        self.run_cell("def f():\n    return 'first'\ndef g():\n    return 'kept'")
        self.move()
        self.run_cell("def f():\n    return 'second'")
        self.move()
        self.assertEqual(self.value("f(), g()"), "('second', 'kept')")

    def test_shows_the_source_of_a_restored_function_in_tracebacks(self) -> None:
        self.run_cell("def f():\n    return 1 / 0")
        self.move()
        self.assertIn("return 1 / 0", self.error("f()")["traceback"])

    def test_does_not_run_assignments_again(self) -> None:
        self.run_cell("calls = []\ndef make():\n    calls.append(1)\n    return lambda: 1\nfunction = make()")
        report = self.move()
        self.assertEqual([entry["name"] for entry in report["missing"]], ["function"])
        self.assertEqual(self.value("calls"), "[1]")

    def test_leaves_out_what_is_too_large(self) -> None:
        self.run_cell("small = 1; large = 'x' * 5000")
        with mock.patch.object(saved_variables, "MAX_TOTAL_BYTES", 1000):
            report = self.save()
        self.assertEqual(report["saved"], ["small"])
        self.assertEqual([entry["name"] for entry in report["skipped"]], ["large"])

    def test_survives_values_that_raise(self) -> None:
        self.run_cell("class Odd:\n    def __reduce__(self): raise SystemExit(3)\nodd = Odd(); n = 1")
        report = self.move()
        self.assertEqual([entry["name"] for entry in report["missing"]], ["odd"])
        self.assertEqual(self.value("n"), "1")
