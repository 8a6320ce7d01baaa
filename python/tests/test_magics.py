"""Where magics are recognised, and what they do."""

from __future__ import annotations

import os
import tempfile
import unittest

from codeact_kernel.transform import transform_cell

from .cells import CellTestCase

UNTOUCHED = [
    "s = '''\n!ls\n%who\n'''",
    "x = (10\n% 3)",
    "x = 10 \\\n% 3",
    "x %= 3",
    "x != 3",
    "# what?\ny = 1  # why?",
    "s = 'a?'",
    "f'{x!r}'",
    "d = {'a':\n!1}",
    "print('x = !ls')",
    's = "it\'s" # "\nt = """\n?x\n"""',
]

REWRITTEN = [
    ("!ls -l", "get_ipython().system('ls -l')"),
    (
        "if x:\n    !ls\n    y = !pwd",
        "if x:\n    get_ipython().system('ls')\n    y = get_ipython().getoutput('pwd')",
    ),
    ("for i in x: !echo $i", "for i in x: get_ipython().system('echo $i')"),
    ("%cd ..", "get_ipython().run_line_magic('cd', '..')"),
    ("p = %pwd", "p = get_ipython().run_line_magic('pwd', '')"),
    ("a.b?", "get_ipython().show_help('a.b', False)"),
    ("??a", "get_ipython().show_help('a', True)"),
    ("!a \\\n  b\nx", "get_ipython().system('a  b')\n\nx"),
    ("s = '''\n!a\n'''\n!b", "s = '''\n!a\n'''\nget_ipython().system('b')"),
    ("\n%%bash\nls", "\nget_ipython().run_cell_magic('bash', '', 'ls')"),
]


class Transform(unittest.TestCase):
    def test_plain_python_is_never_touched(self) -> None:
        for source in UNTOUCHED:
            with self.subTest(source):
                self.assertEqual(transform_cell(source), source)

    def test_magics_become_calls_on_the_same_lines(self) -> None:
        for source, expected in REWRITTEN:
            with self.subTest(source):
                self.assertEqual(transform_cell(source), expected)


class Magics(CellTestCase):
    def test_shell_output_as_lines_with_values_put_in(self) -> None:
        self.run_cell("x = 3")
        self.assertEqual(
            self.value("y = !echo {x + 1} $x ${HOME:+home} '{print $1}'; echo b\ny"),
            "['4 3 home {print $1}', 'b']",
        )

    def test_a_commands_status_is_kept(self) -> None:
        self.assertEqual(self.value("!exit 3\n_exit_code"), "3")

    def test_files_and_folders(self) -> None:
        self.addCleanup(os.chdir, os.getcwd())
        folder = os.path.realpath(self.folder())
        self.assertEqual(self.text(f"%cd {folder}"), folder + "\n")
        self.assertEqual(
            self.text("%%writefile m.py\ndef f():\n    return 1 / 0\nvalue = 5"), "Writing m.py\n"
        )
        self.assertEqual(self.value("%run m.py\nvalue"), "5")
        self.assertIn("m.py, line 2, in f", self.error("f()")["traceback"])

    def folder(self) -> str:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        return folder.name

    def test_time_keeps_the_value_and_the_lines(self) -> None:
        frames = self.run_cell("%%time\nq = 4\nq")
        self.assertIn("Wall time: ", "".join(f.get("text", "") for f in frames))
        self.assertEqual(frames[-1]["data"]["text/plain"], "4")
        self.assertEqual(self.error("%%time\n\n1 / 0")["frames"][-1]["line"], 3)

    def test_capture_who_and_reset(self) -> None:
        self.assertEqual(self.text("%%capture out\nprint('x')"), "")
        self.assertEqual(self.value("str(out)"), "'x\\n'")
        self.assertEqual(self.text("a = 1\n%who"), "a\tout\n")
        self.run_cell("%reset -f")
        self.assertEqual(self.error("a")["name"], "NameError")

    def test_notebook_settings_do_nothing(self) -> None:
        source = "%matplotlib inline\n%load_ext autoreload\n%autoreload 2\n%config X.y = 1"
        self.assertEqual(self.run_cell(source), [])

    def test_an_unknown_magic_lists_what_there_is(self) -> None:
        error = self.error("%nope")
        self.assertEqual(error["name"], "UsageError")
        self.assertIn("%%bash", error["message"])
        self.assertIn("did you mean %%bash?", self.error("%bash")["message"])

    def test_help(self) -> None:
        self.run_cell("def f(a, b=1):\n    'Does it.'")
        text = self.text("f?")
        self.assertIn("Signature: f(a, b=1)", text)
        self.assertIn("Does it.", text)


class Variables(CellTestCase):
    def test_only_the_users_variables_are_listed(self) -> None:
        from codeact_kernel.variables import list_variables

        self.run_cell(
            "import os\nxs = [1, 2]\n_hidden = 1\nclass Bad:\n"
            "    def __len__(self): raise RuntimeError\n    def __repr__(self): raise RuntimeError\n"
            "bad = Bad()\nxs"
        )
        listed = {v["name"]: v for v in list_variables(self.interpreter.namespace)}
        self.assertEqual(sorted(listed), ["Bad", "bad", "xs"])
        self.assertEqual(listed["xs"]["length"], 2)
        self.assertEqual(listed["xs"]["preview"], "[1, 2]")
        self.assertEqual(listed["bad"]["preview"], "<repr failed: RuntimeError>")
