"""Cells: values, namespace, await, interrupts, and what a hostile cell leaves behind."""

from __future__ import annotations

import os
import sys

from codeact_kernel.interpreter import KEPT_VALUES

from .cells import CellTestCase


class Values(CellTestCase):
    def test_the_last_expression_is_the_value(self) -> None:
        self.assertEqual(self.value("x = 2\nx + 1"), "3")
        self.assertIsNone(self.value("x = 2"))
        self.assertIsNone(self.value("None"))

    def test_a_cell_may_be_indented_as_a_whole(self) -> None:
        self.assertEqual(self.value(" x = 2\nx + 1"), "3")
        self.assertEqual(self.value("    if x:\n        y = x\n    y"), "2")
        self.assertEqual(self.value("\n  # why\n  x; x * 2 # ;"), "4")
        self.assertIsNone(self.value("  5;"))
        error = self.error("  x = 1\n  x / 0")
        self.assertEqual(error["frames"][0]["source"], "x / 0")
        self.assertEqual(self.error("x = 1\n  y = 2")["name"], "IndentationError")

    def test_a_semicolon_silences_it(self) -> None:
        self.assertIsNone(self.value("5;"))
        self.assertIsNone(self.value("5 ; # five"))
        self.assertEqual(self.value("5 # five;"), "5")
        self.assertEqual(self.value("_"), "5")

    def test_earlier_values_stay_reachable_in_bounds(self) -> None:
        self.run_cell("'a'")
        self.run_cell("'b'")
        self.assertEqual(self.value("_, __, _1, Out[2], In[1]"), "('b', 'a', 'a', 'b', \"'a'\")")
        for _ in range(KEPT_VALUES + 5):
            self.run_cell("object()")
        self.assertEqual(len(self.interpreter.namespace["Out"]), KEPT_VALUES)
        self.assertNotIn("_1", self.interpreter.namespace)

    def test_an_underscore_of_the_cells_own_is_left_alone(self) -> None:
        self.run_cell("_ = 'mine'")
        self.run_cell("1")
        self.assertEqual(self.value("_"), "'mine'")

    def test_a_lying_repr_is_told(self) -> None:
        source = "class A:\n    def __repr__(self): {}\nA()"
        self.assertEqual(
            self.value(source.format("raise ValueError('x')")), "<repr of A failed: ValueError: x>"
        )
        self.assertIn("TypeError", self.value(source.format("return 5")))
        self.assertIn("RecursionError", self.value(source.format("return repr(self)")))


class Namespace(CellTestCase):
    def test_the_namespace_is_a_real_main_module(self) -> None:
        self.run_cell(
            "import dataclasses, pickle, inspect, sys\n"
            "@dataclasses.dataclass\nclass P:\n    x: int\ndef f(): return 1"
        )
        self.assertEqual(self.value("pickle.loads(pickle.dumps(P(1)))"), "P(x=1)")
        self.assertEqual(self.value("inspect.getsource(f)"), "'def f(): return 1\\n'")
        self.assertEqual(self.value("vars(sys.modules['__main__']) is globals()"), "True")

    def test_future_imports_persist(self) -> None:
        self.run_cell("from __future__ import annotations")
        self.assertEqual(
            self.value("def f(a: Missing): pass\nf.__annotations__"), "{'a': 'Missing'}"
        )

    def test_await_at_top_level(self) -> None:
        self.run_cell("import asyncio")
        self.assertEqual(self.value("await asyncio.sleep(0, 'done')"), "'done'")
        self.assertEqual(self.value("asyncio.run(asyncio.sleep(0, 7))"), "7")
        source = (
            "async def g():\n    yield 1\n    yield 2\nseen = []\n"
            "async for n in g():\n    seen.append(n)\nseen"
        )
        self.assertEqual(self.value(source), "[1, 2]")
        nested = "await asyncio.sleep(0)\nc = asyncio.sleep(0)\ntry:\n    asyncio.run(c)\nfinally:\n    c.close()"
        self.assertEqual(self.error(nested)["name"], "RuntimeError")
        self.assertEqual(self.value("await asyncio.sleep(0, 8)"), "8")


class Endings(CellTestCase):
    def test_exit_ends_the_cell_only(self) -> None:
        self.run_cell("x = 1")
        for source in ("exit()", "quit()", "import sys; sys.exit(3)"):
            error = self.error(source)
            self.assertEqual(error["name"], "SystemExit")
            self.assertIn("session goes on", error["traceback"])
        self.assertEqual(self.value("x"), "1")

    def test_an_interrupt_ends_the_cell(self) -> None:
        source = "import signal\nwhile True:\n    signal.raise_signal(signal.SIGINT)"
        self.assertEqual(self.error(source, "interrupted")["name"], "KeyboardInterrupt")
        source = "import asyncio, os\n"
        source += (
            "async def f():\n    os.kill(os.getpid(), 2)\n    await asyncio.sleep(60)\nawait f()"
        )
        self.assertEqual(self.error(source, "interrupted")["name"], "KeyboardInterrupt")
        self.assertEqual(self.value("await asyncio.sleep(0, 1)"), "1")

    def test_a_forked_copy_never_comes_back_from_the_cell(self) -> None:
        pid = os.getpid()
        source = "import os\nchild = os.fork()\nif child: status = os.waitpid(child, 0)[1]\nelse: exit(7)"
        self.run_cell(source)
        self.assertEqual(os.getpid(), pid)
        self.assertEqual(self.value("os.WEXITSTATUS(status)"), "7")


class Hostility(CellTestCase):
    def test_broken_builtins_are_repaired(self) -> None:
        self.run_cell(
            "import builtins\nbuiltins.__import__ = None\nbuiltins.str = 5\ndel builtins.len", None
        )
        self.assertEqual(self.value("len('abc')"), "3")
        self.run_cell("builtins.print = lambda *a: None")
        self.assertEqual(self.text("print('not shown')"), "")
        self.run_cell("import sys; del builtins.print")
        self.assertEqual(self.text("print('shown')"), "shown\n")

    def test_streams_modules_and_traces_come_back(self) -> None:
        modules = dict(sys.modules)
        self.addCleanup(sys.modules.update, modules)
        for source in (
            "import sys; sys.stdout.close()",
            "import sys; sys.stdout = sys.stderr = None",
            "import sys; sys.stdout.detach()",
            "import sys; sys.settrace(lambda *a: 1 / 0)",
            "import sys; sys.setprofile(lambda *a: 1 / 0)",
            "import sys; sys.modules.clear()",
            "del __builtins__",
            "import linecache; linecache.cache = None",
        ):
            with self.subTest(source):
                self.run_cell(source, None)
                sys.modules.update(modules)
                self.assertEqual(self.text("print('still here')"), "still here\n")

    def test_an_error_that_cannot_be_described_is_still_an_error(self) -> None:
        error = self.error(
            "class E(Exception):\n    def __str__(self): raise RuntimeError\nraise E"
        )
        self.assertEqual(error["name"], "E")
        error = self.error("raise ValueError('x' * 1_000_000)")
        self.assertLess(len(error["traceback"]), 9000)
