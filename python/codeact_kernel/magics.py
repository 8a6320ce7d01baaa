"""The magics: ``%name line`` and ``%%name line`` with the rest of the cell below it."""

from __future__ import annotations

import os
import sys
import time
from typing import Any, Callable

from .guarded import BUILTINS

__builtins__ = BUILTINS  # type: ignore[assignment]

LineMagic = Callable[[Any, str], Any]
CellMagic = Callable[[Any, str, str], Any]


class UsageError(Exception):
    """A magic that does not exist, or was used wrongly."""

    __module__ = "builtins"  # shown without the kernel's name


def _pip(shell: Any, line: str) -> None:
    """Run pip for this session; what it installs can be imported at once."""
    from . import packages
    from .shell import split_line

    command, environment = packages.pip_command(split_line(shell.expand(line)))
    status = shell.run_process(command, env=environment)
    packages.after_pip()
    shell.user_ns["_exit_code"] = status
    if status:
        print(f"pip ended with status {status}.", file=sys.stderr)


def _time(shell: Any, line: str, cell: str = "") -> Any:
    """Run a statement, or the cell, and say how long it took."""
    source, first = (cell, 2) if cell else (line, 1)
    wall, cpu = time.perf_counter(), os.times()
    try:
        return shell.run_code(source, first)
    finally:
        wall, end = time.perf_counter() - wall, os.times()
        user, system = end.user - cpu.user, end.system - cpu.system
        shown = (
            f"user {_duration(user)}, sys: {_duration(system)}, total: {_duration(user + system)}"
        )
        print(f"CPU times: {shown}\nWall time: {_duration(wall)}")


def _timeit(shell: Any, line: str, cell: str = "") -> None:
    """Run a statement, or the cell, many times and say how long one run takes."""
    import statistics
    import timeit

    words, number, repeat = line.split(), 0, 7
    while words and words[0].startswith("-"):
        option = words.pop(0)
        value = option[2:] or (words.pop(0) if words and option[1] in "nr" else "")
        if not value.isdigit():
            continue
        if option[1] == "n":
            number = int(value)
        elif option[1] == "r":
            repeat = max(1, int(value))
    statement = cell or " ".join(words)
    timer = timeit.Timer(statement, globals=shell.user_ns)
    if not number:
        number = 1
        while timer.timeit(number) < 0.02 and number < 10**7:
            number *= 10
    runs = [taken / number for taken in timer.repeat(repeat, number)]
    spread = statistics.pstdev(runs)
    print(
        f"{_duration(statistics.fmean(runs))} ± {_duration(spread)} per loop "
        f"(mean ± std. dev. of {repeat} runs, {number:,} loops each)"
    )


def _duration(seconds: float) -> str:
    for unit, factor in (("s", 1.0), ("ms", 1e3), ("µs", 1e6)):
        if seconds * factor >= 1:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"


def _cd(shell: Any, line: str) -> None:
    """Change the working folder and print it."""
    target = shell.expand(line).strip().strip("'\"") or "~"
    previous = os.getcwd()
    if target == "-":
        target = shell.user_ns.get("_previous_folder", previous)
    os.chdir(os.path.expanduser(target))
    shell.user_ns["_previous_folder"] = previous
    print(os.getcwd())


def _pwd(shell: Any, line: str) -> str:
    """Return the working folder."""
    return os.getcwd()


def _command(name: str) -> LineMagic:
    def run(shell: Any, line: str) -> None:
        shell.system(f"{name} {line}")

    run.__doc__ = f"Run the command {name}."
    return run


def _env(shell: Any, line: str) -> Any:
    """Return the environment, or one variable, or set one."""
    name, equals, value = shell.expand(line).partition("=")
    if equals:
        os.environ[name.strip()] = value.strip()
        print(f"env: {name.strip()}={value.strip()}")
        return None
    if not name.strip() and not line.strip():
        return dict(os.environ)
    words = name.split(None, 1)
    if len(words) == 2:
        return _env(shell, f"{words[0]}={words[1]}")
    if words[0] not in os.environ:
        raise UsageError(f"there is no environment variable {words[0]}")
    return os.environ[words[0]]


def _nothing(shell: Any, line: str) -> None:
    """Accepted for notebooks' sake; nothing to do here."""


def _variables(shell: Any) -> list[dict[str, Any]]:
    from .variables import list_variables

    return list_variables(shell.user_ns)


def _who(shell: Any, line: str) -> None:
    """Print the names of the variables."""
    names = [variable["name"] for variable in _variables(shell)]
    print("\t".join(names) if names else "Interactive namespace is empty.")


def _whos(shell: Any, line: str) -> None:
    """Print the variables with types and previews."""
    rows = [("Variable", "Type", "Data/Info")]
    rows += [(v["name"], v["type"], v["preview"]) for v in _variables(shell)]
    first, second = (max(len(row[i]) for row in rows) for i in (0, 1))
    for name, kind, preview in rows:
        print(f"{name:<{first}}   {kind:<{second}}   {preview}".rstrip())


def _run(shell: Any, line: str) -> None:
    """Run a Python file in the session's namespace, with the arguments behind its name."""
    from .shell import split_line

    words = [word for word in split_line(shell.expand(line)) if word not in ("-i", "-t")]
    if not words:
        raise UsageError("%run needs a file's name")
    path = words[0] if os.path.exists(words[0]) else words[0] + ".py"
    with open(path, "rb") as file:
        code = compile(file.read(), os.path.abspath(path), "exec", 0, True)
    arguments, sys.argv = sys.argv, words
    had_file = shell.user_ns.get("__file__")
    shell.user_ns["__file__"] = os.path.abspath(path)
    try:
        exec(code, shell.user_ns)
    finally:
        sys.argv = arguments
        if had_file is None:
            shell.user_ns.pop("__file__", None)
        else:
            shell.user_ns["__file__"] = had_file


def _reset(shell: Any, line: str) -> None:
    """Delete the variables."""
    for variable in _variables(shell):
        shell.user_ns.pop(variable["name"], None)


def _script(name: str) -> CellMagic:
    def run(shell: Any, line: str, cell: str) -> None:
        import shutil
        import subprocess

        program = shutil.which(name) or shutil.which("sh") or "/bin/sh"
        status = shell.run_process([program], shell.expand(cell) if "{" in line else cell)
        shell.user_ns["_exit_code"] = status
        if status:
            raise subprocess.CalledProcessError(status, name)

    run.__doc__ = f"Run the cell with {name}."
    return run


def _write_file(shell: Any, line: str, cell: str) -> None:
    """Write the cell to a file; with -a, at its end."""
    from .shell import split_line

    words = split_line(shell.expand(line))
    append = "-a" in words
    paths = [word for word in words if word != "-a"]
    if len(paths) != 1:
        raise UsageError("%%writefile needs one file's name")
    path = os.path.expanduser(paths[0])
    word = "Appending to" if append else "Overwriting" if os.path.exists(path) else "Writing"
    with open(path, "a" if append else "w", encoding="utf-8") as file:
        file.write(cell if cell.endswith("\n") else cell + "\n")
    print(f"{word} {paths[0]}")


class Captured:
    """What a captured cell wrote."""

    def __init__(self, stdout: str, stderr: str) -> None:
        self.stdout, self.stderr = stdout, stderr

    def show(self) -> None:
        """Write it again, now for real."""
        sys.stdout.write(self.stdout)
        sys.stderr.write(self.stderr)

    def __str__(self) -> str:
        return self.stdout

    __call__ = show


def _capture(shell: Any, line: str, cell: str) -> None:
    """Run the cell, keeping what it prints in a variable instead of showing it."""
    import contextlib
    import io

    out, error = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
        shell.run_code(cell, 2)
    names = [word for word in line.split() if not word.startswith("-")]
    if names:
        shell.user_ns[names[0]] = Captured(out.getvalue(), error.getvalue())


def _html(shell: Any, line: str, cell: str) -> None:
    """Show the cell as HTML."""
    from .display import HTML, display

    display(HTML(cell))


LINE_MAGICS: dict[str, LineMagic] = {
    "pip": _pip,
    "time": _time,
    "timeit": _timeit,
    "cd": _cd,
    "pwd": _pwd,
    "ls": _command("ls"),
    "cat": _command("cat"),
    "mkdir": _command("mkdir"),
    "env": _env,
    "set_env": _env,
    "who": _who,
    "whos": _whos,
    "run": _run,
    "reset": _reset,
    "matplotlib": _nothing,
    "pylab": _nothing,
    "load_ext": _nothing,
    "reload_ext": _nothing,
    "autoreload": _nothing,
    "config": _nothing,
    "precision": _nothing,
}

CELL_MAGICS: dict[str, CellMagic] = {
    "bash": _script("bash"),
    "sh": _script("sh"),
    "time": _time,
    "timeit": _timeit,
    "writefile": _write_file,
    "file": _write_file,
    "capture": _capture,
    "html": _html,
    "HTML": _html,
}
