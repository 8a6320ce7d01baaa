"""Reports the exceptions that end threads of the code."""

from __future__ import annotations

import sys
import threading
from typing import Any

from .guarded import BUILTINS
from .tracebacks import describe_error

__builtins__ = BUILTINS  # type: ignore[assignment]


def report_thread_errors(namespace: dict[str, Any]) -> None:
    """Have the exceptions of threads written to standard error in the way of those of cells."""

    def report(arguments: Any) -> None:
        error, thread = arguments.exc_value, arguments.thread
        if error is None or isinstance(error, SystemExit):
            return
        name = "unknown" if thread is None else thread.name
        traceback = describe_error(error, namespace)["traceback"]
        print(f"Exception in thread {name}:\n{traceback}", file=sys.stderr, flush=True)

    threading.excepthook = report
