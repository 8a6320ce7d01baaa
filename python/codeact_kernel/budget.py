"""`budget`: what is left of the limits of the run that a cell belongs to."""

from __future__ import annotations

import time
from typing import Any, Optional

from .guarded import BUILTINS

__builtins__ = BUILTINS  # type: ignore[assignment]

_monotonic = time.monotonic
_KINDS = (("turns", "turns"), ("executions", "executions"), ("tokens", "tokens"), ("costUsd", "USD"), ("seconds", "s"))


class Budget:
    """What is left of the run's limits. An attribute is None where there is no limit."""

    def __init__(self) -> None:
        self._kinds: dict[str, Any] = {}
        self._started = 0.0

    def start_cell(self, kinds: dict[str, Any]) -> None:
        """Take the state at the start of a cell: by kind, `left` and `limit`."""
        self._kinds = kinds
        self._started = _monotonic() if "seconds" in kinds else 0.0

    @property
    def turns_left(self) -> Optional[int]:
        """Replies that the model may still give."""
        return self._left("turns")

    @property
    def executions_left(self) -> Optional[int]:
        """Cells that may still run after this one."""
        return self._left("executions")

    @property
    def tokens_left(self) -> Optional[int]:
        """Tokens of prompts and replies that may still be used."""
        return self._left("tokens")

    @property
    def cost_left(self) -> Optional[float]:
        """US dollars that may still be spent."""
        return self._left("costUsd")

    @property
    def seconds_left(self) -> Optional[float]:
        """Seconds of wall time that are left now."""
        left = self._left("seconds")
        return None if left is None else max(0.0, left - (_monotonic() - self._started))

    def _left(self, kind: str) -> Any:
        return self._kinds[kind]["left"] if kind in self._kinds else None

    def __repr__(self) -> str:
        parts = []
        for kind, unit in _KINDS:
            if kind in self._kinds:
                left = self.seconds_left if kind == "seconds" else self._left(kind)
                limit = self._kinds[kind]["limit"]
                parts.append(f"{_number(left)} of {_number(limit)} {unit}")
        return f"<budget left: {', '.join(parts)}>" if parts else "<budget: no limits>"


def _number(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4g}"
