"""What a supervisor tells of a branch."""

from __future__ import annotations

import platform
from typing import Any

from .wire import PROTOCOL_VERSION


def ready_frame() -> dict[str, Any]:
    """Return the frame that tells the host that the session can be used."""
    return {
        "type": "ready",
        "version": PROTOCOL_VERSION,
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
    }


def idle_crash_text(crash: dict[str, Any], state: str) -> str:
    """Say that the worker died while no cell ran, and what became of the variables."""
    how = crash.get("signal") or (f"exit code {crash['exitCode']}" if "exitCode" in crash else crash["reason"])
    fate = "as they were after the last cell" if state == "rolled-back" else "gone, those of the last cells or all"
    return f"[The interpreter's process ended between two cells ({how}); its variables are {fate}.]\n"
