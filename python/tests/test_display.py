"""Rich representations, display ids, the IPython stand-in and figures."""

from __future__ import annotations

import base64
import importlib.util
import unittest

from codeact_kernel import mime

from .cells import CellTestCase, needs


class Rich:
    def _repr_html_(self) -> str:
        return "<b>"

    def _repr_png_(self) -> bytes:
        return b"\x89PNG"

    def _repr_json_(self) -> dict:
        return {"a": 1}

    def _repr_latex_(self) -> str:
        raise ValueError

    def __repr__(self) -> str:
        return "Rich()"


class Bundles(unittest.TestCase):
    def test_every_representation_is_text(self) -> None:
        self.assertEqual(
            mime.bundle_of(Rich()),
            {
                "text/html": "<b>",
                "image/png": base64.b64encode(b"\x89PNG").decode(),
                "application/json": '{"a": 1}',
                "text/plain": "Rich()",
            },
        )

    def test_an_object_that_answers_to_any_name_is_plain(self) -> None:
        class Any:
            def __getattr__(self, name: str) -> object:
                return lambda *args, **options: name

        self.assertEqual(list(mime.bundle_of(Any())), ["text/plain"])

    def test_entries_over_the_limit_are_left_out_with_a_note(self) -> None:
        bundle = mime.capped({"text/html": "x" * 100, "text/plain": "short"}, 50)
        self.assertEqual(
            bundle, {"text/plain": "short\n[text/html left out: larger than 50 bytes]"}
        )


class Display(CellTestCase):
    def test_display_and_update(self) -> None:
        frames = self.run_cell(
            "h = display('a', display_id=True)\nh.update('b')\nclear_output = None"
        )
        self.assertEqual([f.get("update", False) for f in frames], [False, True])
        self.assertEqual(frames[0]["displayId"], frames[1]["displayId"])
        self.assertEqual(frames[1]["data"], {"text/plain": "'b'"})

    def test_raw_bundles(self) -> None:
        frames = self.run_cell("display({'text/plain': 'p', 'image/png': b'x'}, raw=True)")
        self.assertEqual(frames[0]["data"], {"text/plain": "p", "image/png": "eA=="})

    @unittest.skipIf(
        importlib.util.find_spec("IPython"), "the real IPython is installed, it goes first"
    )
    def test_imports_from_ipython_work(self) -> None:
        frames = self.run_cell(
            "from IPython.display import display, HTML, Image, Markdown, clear_output\n"
            "from IPython import get_ipython\n"
            "clear_output()\ndisplay(HTML('<i>'))\nImage(data=b'\\x89PNG')"
        )
        self.assertEqual(frames[0]["data"]["text/html"], "<i>")
        self.assertEqual(frames[1]["data"]["image/png"], base64.b64encode(b"\x89PNG").decode())
        self.assertEqual(self.value("get_ipython().run_line_magic('pwd', '')[:1]"), "'/'")


@needs("matplotlib")
class Figures(CellTestCase):
    def kinds(self, source: str, status: str = "ok") -> list[str]:
        frames = self.run_cell("import matplotlib.pyplot as plt\n" + source, status)
        return [f["type"] + (" png" if "image/png" in f.get("data", {}) else "") for f in frames]

    def test_show_keeps_its_place_in_the_output(self) -> None:
        source = "print('a')\nplt.plot([1])\nplt.show()\nprint('b')"
        self.assertEqual(self.kinds(source), ["stream", "display png", "stream"])

    def test_open_figures_are_shown_at_the_end_and_closed(self) -> None:
        self.assertEqual(
            self.kinds("x = plt.plot([1])\nplt.figure()\ny = plt.plot([2])"), ["display png"] * 2
        )
        self.assertEqual(self.kinds("n = plt.get_fignums()"), [])

    def test_a_figure_as_the_value_is_shown_once(self) -> None:
        self.assertEqual(self.kinds("f, a = plt.subplots()\nf"), ["value png"])

    def test_figures_tell_in_words_what_they_show(self) -> None:
        source = "plt.plot([1, 2], label='a'); plt.title('Sales'); plt.xlabel('Year'); plt.ylabel('EUR'); plt.legend()"
        frames = self.run_cell(f"import matplotlib.pyplot as plt\n{source};")
        described = "'Sales', x: Year, y: EUR, 1 line, legend: a"
        self.assertEqual(frames[-1]["data"]["text/vnd.codeact.description"], described)
        frames = self.run_cell("_ = plt.plot([1])")
        self.assertEqual(frames[-1]["data"]["text/vnd.codeact.description"], "1 line")

    def test_figures_of_a_failing_cell_are_shown(self) -> None:
        self.assertEqual(self.kinds("plt.plot([1])\n1 / 0", "error"), ["display png", "error"])

    def test_the_text_says_what_it_is(self) -> None:
        frames = self.run_cell("import matplotlib.pyplot as plt\nf, a = plt.subplots()")
        self.assertEqual(frames[0]["data"]["text/plain"], "<Figure size 640x480 with 1 Axes>")
