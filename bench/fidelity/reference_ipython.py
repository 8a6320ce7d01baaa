"""Runs the cells of one trajectory in IPython, as the recording did, without any isolation.

Reads a JSON list of cells on standard input. Writes one JSON object: the versions that were used and, for
each cell, what it printed and the type of the exception that ended it.
"""

from __future__ import annotations

import contextlib
import io
import json
import platform
import signal
import sys

from IPython.core.interactiveshell import InteractiveShell

LIMIT_SECONDS = 30


def main() -> None:
    """Run the cells and print the results."""
    cells = json.load(sys.stdin)
    shell = InteractiveShell()
    shell.history_manager.enabled = False
    signal.signal(signal.SIGALRM, stop)
    results = [run(shell, cell) for cell in cells]
    versions = {"python": platform.python_version()}
    for name in ("IPython", "sympy", "mpmath", "numpy", "scipy"):
        versions[name] = __import__(name).__version__
    print(json.dumps({"versions": versions, "results": results}))


def run(shell: InteractiveShell, cell: str) -> dict[str, object]:
    """Run one cell."""
    output = io.StringIO()
    signal.alarm(LIMIT_SECONDS)
    try:
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(io.StringIO()):
            done = shell.run_cell(cell, store_history=True)
    finally:
        signal.alarm(0)
    error = done.error_before_exec or done.error_in_exec
    text = output.getvalue()
    if error is None:
        return {"text": text, "errors": []}
    return {"text": text, "errors": [type(error).__name__], "errorMessage": str(error)}


def stop(signum: int, frame: object) -> None:
    """End a cell that takes too long, as the recording did."""
    raise TimeoutError("Timed out after 30 seconds.")


main()
