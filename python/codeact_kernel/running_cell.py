"""What the supervisor knows of the cell that runs now."""

from __future__ import annotations

import math
import os
import time

from .cell_output import CellOutput


class RunningCell:
    """A cell's clock, its output, and whether and why it is being stopped."""

    def __init__(self, cell_id: int, timeout_seconds: float, output_bytes: int) -> None:
        self.id = cell_id
        self.token = os.urandom(8).hex()
        self.output = CellOutput(output_bytes)
        self.stop_reason: str | None = None
        self.killed_for: str | None = None
        self._started = time.monotonic()
        self._next_check = self._started + timeout_seconds
        self._grace_end = 0.0
        self._paused_with: float | None = None

    def stop(self, reason: str, grace_seconds: float) -> None:
        """Note that the cell was told to stop and has this long to obey."""
        self.stop_reason = reason
        self._grace_end = time.monotonic() + grace_seconds

    def pause(self) -> None:
        """Stop the clock, unless the cell is being stopped."""
        if self.stop_reason is None and self._paused_with is None:
            self._paused_with = self.seconds_left()
            self._next_check = math.inf

    def resume(self) -> None:
        """Let the clock go on with the time that was left."""
        if self._paused_with is not None and self.stop_reason is None:
            self.wait(self._paused_with)
        self._paused_with = None

    def wait(self, seconds: float) -> None:
        """Look again after this time."""
        self._next_check = time.monotonic() + seconds

    def seconds_left(self) -> float:
        """Return the time until the cell has to be looked at."""
        return self._next_check - time.monotonic()

    def grace_is_over(self) -> bool:
        """Tell whether the time to obey has passed."""
        return time.monotonic() >= self._grace_end

    def wall_ms(self) -> float:
        """Return the time since the cell started, in milliseconds."""
        return (time.monotonic() - self._started) * 1000
