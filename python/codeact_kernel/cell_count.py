"""How many cells a branch has run, and how many of them have a number: silent ones have none."""

from __future__ import annotations


class CellCount:
    """`run` counts all cells that have ended."""

    def __init__(self, run: int = 0) -> None:
        self.run = run
        self._silent: list[int] = []

    def begin(self, silent: bool) -> int:
        """Note the cell that starts and return its number; of a silent one, that of the cell before it."""
        if silent:
            self._silent.append(self.run + 1)
        return self.numbered(self.run + 1)

    def numbered(self, run: int) -> int:
        """Return how many of the first `run` cells have a number."""
        return run - sum(silent <= run for silent in self._silent)

    def go_back(self, run: int) -> None:
        """Forget the cells after the first `run`."""
        self.run = run
        self._silent = [silent for silent in self._silent if silent <= run]
