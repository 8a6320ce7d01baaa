"""What `get_ipython()` returns: shell commands, magics, and help on objects."""

from __future__ import annotations

import re
import shlex
import sys
from typing import Any, Callable, Optional

from .guarded import BUILTINS
from .magics import CELL_MAGICS, LINE_MAGICS, UsageError

__builtins__ = BUILTINS  # type: ignore[assignment]

_BRACES = re.compile(r"\$\$|\{\{|\}\}|\{([^{}\n]+)\}|\$([A-Za-z_]\w*)")
_PIP = re.compile(r"(?:python3?\s+-m\s+)?pip3?\s+(install\b.*)")


class Events:
    """Accepts the callbacks that libraries register; none is ever called."""

    def register(self, event: str, function: Any) -> None:
        """Accept a callback."""

    def unregister(self, event: str, function: Any) -> None:
        """Accept the removal of a callback."""


class Shell:
    """The part of IPython's shell that cells use.

    `run_code` runs source in the namespace and returns its last value.
    """

    def __init__(
        self, namespace: dict[str, Any], run_code: Callable[..., Any], streams: Any
    ) -> None:
        self.user_ns = namespace
        self.run_code = run_code
        self.streams = streams
        self.config: dict[str, Any] = {}
        self.events = Events()

    def get_ipython(self) -> Shell:
        """Return the shell of this session."""
        return self

    def run_line_magic(self, name: str, line: str) -> Any:
        """Run ``%name line``. Raises UsageError for a magic that does not exist."""
        magic = LINE_MAGICS.get(name)
        if magic is None:
            raise UsageError(_unknown(f"%{name}", name, name in CELL_MAGICS))
        return magic(self, line)

    def run_cell_magic(self, name: str, line: str, cell: str) -> Any:
        """Run ``%%name line`` with the rest of the cell."""
        magic = CELL_MAGICS.get(name)
        if magic is None:
            raise UsageError(_unknown(f"%%{name}", name, name in LINE_MAGICS))
        return magic(self, line, cell)

    def run_cell(self, source: str, **_: Any) -> Any:
        """Run source as part of the current cell and return its last value."""
        return self.run_code(source)

    def magic(self, text: str) -> Any:
        """Run a line magic given with its arguments."""
        name, _, line = text.lstrip("%").partition(" ")
        return self.run_line_magic(name, line.strip())

    def system(self, command: str) -> None:
        """Run a shell command whose output is the cell's; its status becomes ``_exit_code``."""
        install = _PIP.fullmatch(command.strip())
        if install and not re.search(r"[;&|<>]", command):
            self.run_line_magic("pip", install.group(1))
            return
        self.user_ns["_exit_code"] = self.run_process(shell_command(self.expand(command)))

    def getoutput(self, command: str, split: bool = True) -> Any:
        """Run a shell command and return the lines of its output."""
        import subprocess

        self.streams.flush()
        done = subprocess.run(
            shell_command(self.expand(command)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.user_ns["_exit_code"] = done.returncode
        text = done.stdout.decode("utf-8", "replace")
        return text.splitlines() if split else text

    def run_process(self, arguments: list[str], text: Optional[str] = None, **options: Any) -> int:
        """Run a process on the cell's own descriptors 1 and 2 and return its status.

        `text` is its standard input. An interrupt ends it.
        """
        import subprocess

        self.streams.flush()
        stdin = subprocess.DEVNULL if text is None else subprocess.PIPE
        # Descriptors by number: what sys.stdout is now is not theirs to use.
        process = subprocess.Popen(arguments, stdin=stdin, stdout=1, stderr=2, **options)
        try:
            if text is not None:
                process.communicate(text.encode("utf-8"))
            return process.wait()
        except BaseException:
            process.terminate()
            try:
                process.wait(1)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            raise

    def expand(self, text: str) -> str:
        """Put the values of ``{expression}`` and ``$name`` in; what has no value stays for the shell."""
        names = dict(self.user_ns)
        names.update(_locals_of_cell())

        def value(match: Any) -> str:
            whole, expression, name = match.group(0), match.group(1), match.group(2)
            if whole == "$$":
                return "$"
            if expression is None and name is None:
                return whole[0]
            if name is not None:
                return str(names[name]) if name in names else whole
            if match.start() and text[match.start() - 1] == "$":
                return whole  # ${NAME} is the shell's
            try:
                return str(eval(expression, names))
            except Exception:
                return whole

        return _BRACES.sub(value, text)

    def show_help(self, target: str, with_source: bool = False) -> None:
        """Print signature and docstring of what a dotted name stands for."""
        import inspect

        try:
            value = eval(target, self.user_ns)
        except Exception:
            print(f"Object `{target}` not found.")
            return
        if callable(value):
            try:
                print(f"Signature: {target}{inspect.signature(value)}")
            except (TypeError, ValueError):
                pass
        print(f"Type:      {type(value).__name__}")
        if with_source:
            try:
                print("Source:\n" + inspect.getsource(value).rstrip())
                return
            except (OSError, TypeError):
                pass
        documentation = inspect.getdoc(value)
        print("Docstring:\n" + documentation if documentation else "Docstring: none")

    def __repr__(self) -> str:
        return "<shell of this session>"


def shell_command(command: str) -> list[str]:
    """Return the arguments that run a command line: with bash where there is one."""
    import shutil

    return [shutil.which("bash") or "/bin/sh", "-c", command]


def split_line(line: str) -> list[str]:
    """Return the arguments on a line, quotes honoured."""
    try:
        return shlex.split(line)
    except ValueError:
        return line.split()


def _locals_of_cell() -> dict[str, Any]:
    frame = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_filename.startswith("<cell "):
            return dict(frame.f_locals)
        frame = frame.f_back  # type: ignore[assignment]
    return {}


def _unknown(shown: str, name: str, other_kind: bool) -> str:
    if other_kind:
        kinds = ("%", "%%") if shown.startswith("%%") else ("%%", "%")
        return f"{shown} does not exist; did you mean {kinds[0]}{name}?"
    lines = " ".join(f"%{known}" for known in sorted(LINE_MAGICS))
    cells = " ".join(f"%%{known}" for known in sorted(CELL_MAGICS))
    return f"{shown} does not exist. There are: {lines} and, for whole cells, {cells}"
