"""Standard streams: order, split characters, size of frames, input."""

from __future__ import annotations

from codeact_kernel.streams import MAX_FRAME_CHARACTERS

from .cells import CellTestCase


class Output(CellTestCase):
    def test_the_order_of_both_streams_and_displays_is_kept(self) -> None:
        frames = self.run_cell(
            "import sys\nprint('a', end='')\nprint('b', file=sys.stderr)\nprint('c', end='')\n"
            "display(1)\nprint('d')"
        )
        shown = [frame.get("text") or frame["data"]["text/plain"] for frame in frames]
        self.assertEqual(shown, ["a", "b\n", "c", "1", "d\n"])

    def test_bytes_split_anywhere_are_whole_characters(self) -> None:
        source = (
            "import sys\nfor byte in 'aé€😀'.encode():\n"
            "    _n = sys.stdout.buffer.write(bytes([byte]))\n_n = sys.stdout.buffer.write(b'\\xff\\xe2')"
        )
        self.assertEqual(self.text(source), "aé€😀\ufffd\ufffd")

    def test_lone_surrogates_are_escaped(self) -> None:
        self.assertEqual(self.text("print('\\ud800')"), "\\ud800\n")

    def test_large_writes_come_in_frames_of_bounded_size(self) -> None:
        frames = self.run_cell(f"print('x' * {MAX_FRAME_CHARACTERS * 3})")
        self.assertLessEqual(max(len(frame["text"]) for frame in frames), MAX_FRAME_CHARACTERS)
        self.assertEqual(sum(len(frame["text"]) for frame in frames), MAX_FRAME_CHARACTERS * 3 + 1)

    def test_what_the_streams_say_of_themselves(self) -> None:
        source = (
            "import sys\n[(s.fileno(), s.isatty(), s.encoding) for s in (sys.stdout, sys.stderr)]"
        )
        self.assertEqual(self.value(source), "[(1, False, 'utf-8'), (2, False, 'utf-8')]")


class NoOneToAsk(CellTestCase):
    def test_input_says_so(self) -> None:
        error = self.error("input('Name? ')")
        self.assertEqual(error["name"], "EOFError")
        self.assertIn("input() has no one to ask here", error["message"])
        self.assertEqual(self.error("import getpass; getpass.getpass()")["name"], "EOFError")

    def test_stdin_is_at_its_end(self) -> None:
        self.assertEqual(self.value("import sys\nsys.stdin.read(), list(sys.stdin)"), "('', [])")


class Answered(CellTestCase):
    @staticmethod
    def ask(prompt: str, password: bool) -> str:
        return f"{prompt}{password}"

    def test_input_and_getpass_return_the_answer(self) -> None:
        self.assertEqual(self.value("input('a? ')"), "'a? False'")
        self.assertEqual(self.value("import getpass; getpass.getpass('p? ')"), "'p? True'")
