"""Tracebacks, the values on the failing line, and hints."""

from __future__ import annotations

import re
import sys
import traceback
import unittest

from .cells import CellTestCase, needs


class Tracebacks(CellTestCase):
    def test_the_whole_text(self) -> None:
        source = "def f(a):\n    b = a * 2\n    return b / 0\n\nxs = [1, 2]\nf(len(xs))"
        error = self.error(source)
        self.assertEqual(
            error["traceback"],
            "Traceback (most recent call last):\n"
            "  cell 1, line 6, in <module>\n"
            "       4\n"
            "       5 xs = [1, 2]\n"
            "    -> 6 f(len(xs))\n"
            "  cell 1, line 3, in f\n"
            "       1 def f(a):\n"
            "       2     b = a * 2\n"
            "    -> 3     return b / 0\n"
            "       4\n"
            "      b: int = 4\n"
            "ZeroDivisionError: division by zero",
        )
        self.assertEqual(
            error["frames"],
            [
                {"file": "cell 1", "line": 6, "function": "<module>", "source": "f(len(xs))"},
                {"file": "cell 1", "line": 3, "function": "f", "source": "return b / 0"},
            ],
        )

    def test_python_s_own_is_told_as_well(self) -> None:
        source = "def f(a):\n    raise KeyError(a)\ntry:\n    f(1)\nexcept KeyError as error:\n    raise ValueError(2) from error"
        # Where a line failed is marked from Python 3.11 on, and more of it from 3.13 on.
        marks = re.compile(r"\n +[~^]+(?=\n)")
        self.assertEqual(
            marks.sub("", self.error(source)["pythonTraceback"]),
            "Traceback (most recent call last):\n"
            '  File "<cell 1>", line 4, in <module>\n'
            "    f(1)\n"
            '  File "<cell 1>", line 2, in f\n'
            "    raise KeyError(a)\n"
            "KeyError: 1\n"
            "\n"
            "The above exception was the direct cause of the following exception:\n"
            "\n"
            "Traceback (most recent call last):\n"
            '  File "<cell 1>", line 6, in <module>\n'
            "    raise ValueError(2) from error\n"
            "ValueError: 2",
        )
        self.assertTrue(self.error("x = (")["pythonTraceback"].startswith('  File "<cell 2>", line 1\n    x = (\n'))

    def test_python_s_own_is_left_out_where_it_has_no_end_or_can_t_be_read(self) -> None:
        deep = "import sys\nsys.setrecursionlimit(20_000)\ndef f(n): return n and f(n - 1) or 1 / 0\nf(6000)"
        self.assertNotIn("pythonTraceback", self.error(deep))
        self.addCleanup(setattr, traceback, "TracebackException", traceback.TracebackException)
        error = self.error("import traceback\ntraceback.TracebackException = None\n1 / 0")
        self.assertNotIn("pythonTraceback", error)
        self.assertIn("ZeroDivisionError", error["traceback"])

    def test_of_a_thread_is_written_in_the_same_way(self) -> None:
        source = "import threading\ndef f():\n    1 / 0\nt = threading.Thread(target=f, name='T'); t.start(); t.join()"
        self.assertEqual(
            self.text(source, "stderr"),
            "Exception in thread T:\n"
            "Traceback (most recent call last):\n"
            "  cell 1, line 3, in f\n"
            "       1 import threading\n"
            "       2 def f():\n"
            "    -> 3     1 / 0\n"
            "       4 t = threading.Thread(target=f, name='T'); t.start(); t.join()\n"
            "ZeroDivisionError: division by zero\n",
        )

    def test_causes_inside_libraries_are_one_line_each(self) -> None:
        error = self.error(
            "import urllib.request\n"
            "urllib.request.build_opener(urllib.request.ProxyHandler({})).open('http://127.0.0.1:1/')"
        )
        first, rest = error["traceback"].split("\n\n", 1)
        self.assertEqual(first, "ConnectionRefusedError: [Errno 111] Connection refused")
        self.assertIn("    -> 2 urllib.request.build_opener", rest)
        self.assertNotIn("hint", error)

    def test_a_syntax_error_has_a_caret(self) -> None:
        error = self.error("x = 1\ny = 08")
        self.assertRegex(
            error["traceback"], r"  cell 1, line 2\n    -> 2 y = 08\n +\^+\nSyntaxError: "
        )
        self.assertEqual(error["frames"][0]["line"], 2)

    def test_causes_are_chained(self) -> None:
        text = self.error(
            "try:\n    1 / 0\nexcept Exception as e:\n    raise KeyError('k') from e"
        )["traceback"]
        self.assertIn(
            "ZeroDivisionError: division by zero\n\nThe above exception was the direct cause", text
        )
        self.assertTrue(text.endswith("KeyError: 'k'"))

    def test_recursion_is_collapsed(self) -> None:
        error = self.error("def r(n):\n    return r(n + 1)\nr(0)")
        self.assertRegex(error["traceback"], r"the frame above repeated \d+ more times")
        self.assertLess(len(error["traceback"]), 1000)
        error = self.error("def a(): b()\ndef b(): a()\na()")
        self.assertIn("the 2 frames above repeated", error["traceback"])

    def test_library_frames_are_short_and_kernel_frames_absent(self) -> None:
        error = self.error("import json\njson.loads('{bad')")
        self.assertIn("  json/decoder.py:", error["traceback"])
        self.assertNotIn("codeact_kernel", error["traceback"])
        self.assertTrue(
            error["traceback"].split("\n")[-1].startswith("json.decoder.JSONDecodeError: ")
        )

    @unittest.skipIf(sys.version_info < (3, 11), "this Python has no exception groups")
    def test_groups_and_notes(self) -> None:
        source = (
            "e = ExceptionGroup('g', [ValueError(1), KeyError(2)])\ne.add_note('look')\nraise e"
        )
        text = self.error(source)["traceback"]
        self.assertIn("  exception 2 of 2 in the group:\n    KeyError: 2", text)
        self.assertTrue(text.endswith("note: look\nExceptionGroup: g (2 sub-exceptions)"))

    def test_hostile_values_on_the_line_do_no_harm(self) -> None:
        source = (
            "class A:\n    def __repr__(self): raise SystemExit\n"
            "    @property\n    def shape(self): raise KeyboardInterrupt\n"
            "class B:\n    @property\n    def x(self): print('ran')\n"
            "b, long = B(), list(range(10**6))\nb, long, 1 / 0"
        )
        frames = self.run_cell(source, "error")
        self.assertEqual([frame["type"] for frame in frames], ["error"])
        self.assertIn("long: list, length 1000000 = [0, 1,", frames[0]["error"]["traceback"])


class Hints(CellTestCase):
    def hint(self, source: str) -> object:
        error = self.error(source)
        if "hint" in error:
            self.assertIn(f"hint: {error['hint']}\n", error["traceback"])
        return error.get("hint")

    def test_certain_hints(self) -> None:
        self.run_cell("value_of_it = {'alpha': 1, 'beta': 2}")
        self.assertEqual(self.hint("value_of_its"), "did you mean value_of_it?")
        self.assertEqual(self.hint("value_of_it['alpa']"), "did you mean 'alpha'?")
        self.assertEqual(
            self.hint("value_of_it['zzz']"), "value_of_it has these keys: 'alpha', 'beta'"
        )
        self.assertEqual(self.hint("value_of_it.itens()"), "did you mean items?")
        self.assertEqual(
            self.hint("import Levenshtein_"),
            "Levenshtein_ is not installed; install it with: %pip install Levenshtein_",
        )
        self.assertIn("%pip install pyserial", str(self.hint("import serial")))

    def test_none_where_nothing_is_certain(self) -> None:
        self.assertIsNone(self.hint("qqqqqqqq"))
        self.assertIsNone(self.hint("1 / 0"))
        self.assertIsNone(self.hint("import os.nothing"))

    @needs("pandas")
    def test_columns(self) -> None:
        self.run_cell("import pandas as pd\ndf = pd.DataFrame({'price': [1], 'city': ['a']})")
        self.assertEqual(self.hint("df['prise']"), "did you mean 'price'?")
        self.assertEqual(self.hint("df['zzz']"), "df has these columns: 'price', 'city'")
        self.assertIn("df: DataFrame, shape (1, 2)", self.error("df['zzz']")["traceback"])
