"""What a session offers its code: `budget`, `final_answer` and `cell_output`."""

from __future__ import annotations

import json
import unittest
from typing import Any

from codeact_kernel.kept_outputs import KeptOutputs
from codeact_kernel.variables import list_variables
from codeact_kernel.wire import frame_bytes

from .cells import CellTestCase, needs


class BudgetTest(CellTestCase):
    def run_with(self, source: str, **kinds: Any) -> str:
        self.frames.clear()
        self.assertEqual(self.interpreter.run(source, context={"budget": kinds}), "ok", self.frames)
        return "".join(frame["text"] for frame in self.frames if frame["type"] == "stream")

    def test_tells_what_is_left(self) -> None:
        kinds = {
            "turns": {"left": 18, "limit": 20},
            "tokens": {"left": 41_200, "limit": 50_000},
            "costUsd": {"left": 0.25, "limit": 1},
            "seconds": {"left": 0, "limit": 60},
        }
        printed = self.run_with("print(budget)\nprint(budget.turns_left, budget.executions_left)", **kinds)
        left = "18 of 20 turns, 41,200 of 50,000 tokens, 0.25 of 1 USD, 0 of 60 s"
        self.assertEqual(printed, f"<budget left: {left}>\n18 None\n")

    def test_counts_the_seconds_of_the_cell(self) -> None:
        source = "a = budget.seconds_left\nimport time; time.sleep(0.002)\nprint(0 < budget.seconds_left < a)"
        self.assertEqual(self.run_with(source, seconds={"left": 60, "limit": 60}), "True\n")

    def test_knows_no_limits_without_a_run(self) -> None:
        self.assertEqual(self.text("print(budget)"), "<budget: no limits>\n")

    def test_is_no_variable_and_comes_back(self) -> None:
        self.run_cell("import builtins; builtins.budget = 7; del builtins.budget")
        self.assertEqual(self.text("print(budget)"), "<budget: no limits>\n")
        self.assertEqual(list_variables(self.interpreter.namespace), [])

    def test_leaves_a_variable_of_the_same_name_alone(self) -> None:
        self.run_cell("budget = 1000")
        self.assertEqual(self.text("print(budget)"), "1000\n")
        self.assertEqual(self.text("del budget\nprint(budget)"), "<budget: no limits>\n")


class FinalAnswerTest(CellTestCase):
    def answer(self, expression: str, before: str = "") -> Any:
        frames = self.run_cell(f"{before}\nfinal_answer({expression})")
        return json.loads([frame for frame in frames if frame["type"] == "answer"][-1]["json"])

    def test_takes_plain_data(self) -> None:
        self.assertEqual(self.answer("{'a': (1, 2.5, None, True), 3: {'x'}}"), {"a": [1, 2.5, None, True], "3": ["x"]})
        self.assertEqual(self.answer("float('nan')"), None)
        self.assertEqual(self.answer("dt.date(2026, 1, 2)", "import datetime as dt"), "2026-01-02")
        self.assertEqual(
            self.answer("C(1)", "import dataclasses\n@dataclasses.dataclass\nclass C:\n    n: int"), {"n": 1}
        )

    @needs("pandas")
    def test_takes_data_frames(self) -> None:
        before = "import pandas as pd\ndf = pd.DataFrame({'k': ['a', 'b'], 'n': [1, 2]})"
        self.assertEqual(self.answer("df", before), [{"k": "a", "n": 1}, {"k": "b", "n": 2}])
        self.assertEqual(self.answer("df.set_index('k').n", before), {"a": 1, "b": 2})
        self.assertEqual(self.answer("df.n.mean()", before), 1.5)
        self.assertEqual(self.answer("df.n.to_numpy()", before), [1, 2])
        self.assertEqual(self.answer("[pd.NaT, pd.Timestamp('2026-01-02')]", before), [None, "2026-01-02T00:00:00"])

    def test_refuses_what_is_no_data(self) -> None:
        error = self.error("final_answer(object())")
        self.assertEqual(error["name"], "TypeError")
        self.assertIn("not object: pass what it says instead", error["message"])


class NumbersTest(CellTestCase):
    def test_follow_the_host(self) -> None:
        self.interpreter.run("1", number=1)
        self.frames.clear()
        self.interpreter.run("1 / 0", number=3)
        self.assertIn("cell 3, line 1", self.frames[-1]["error"]["traceback"])
        self.interpreter.run("print(In[1:])", number=4)
        self.assertEqual(self.frames[-1]["text"], "['1', '', '1 / 0', 'print(In[1:])']\n")


class KeptOutputsTest(unittest.TestCase):
    def setUp(self) -> None:
        self.kept = KeptOutputs()

    def add(self, kind: str, **fields: Any) -> None:
        self.kept.add(kind, frame_bytes({"type": kind, "id": 1, **fields}))

    def test_joins_all_kinds_of_output(self) -> None:
        self.kept.begin(1)
        self.add("stream", name="stdout", text="a\nb")
        self.add("value", data={"text/plain": "[1]", "image/png": "x" * 20_000})
        self.add("display", data=[])
        self.add("error", error={"traceback": "E: e"})
        self.assertEqual(self.kept.answer(1)["text"], "a\nb\n[1]\nE: e\n")

    def test_drops_the_oldest_cells(self) -> None:
        for number in range(1, 8):
            self.kept.begin(number)
            for _ in range(100):
                self.add("stream", name="stdout", text="x" * 100_000)
        self.assertIn("too old", self.kept.answer(2)["problem"])
        self.assertIn("there is no cell 9: the last one is cell 7", self.kept.answer(9)["problem"])
        text = self.kept.answer(7)["text"]
        self.assertIn("bytes left out", text)
        self.assertLess(len(text), 8 * 1024 * 1024)

    def test_goes_back(self) -> None:
        for number in (1, 2):
            self.kept.begin(number)
            self.add("stream", name="stdout", text=f"{number}")
        fork = self.kept.until(1)
        self.kept.forget_after(1)
        self.assertIn("no cell 2", self.kept.answer(2)["problem"])
        self.assertEqual(fork.answer(1)["text"], "1")
