"""The frozen copies of one branch: those taken after cells, and those that the host asked to keep."""

from __future__ import annotations

from typing import Callable

from .worker_handle import WorkerHandle

# A copy, and how many cells had run when it was taken.
Entry = tuple[int, WorkerHandle]


class CopyStore:
    """`await_copy` waits for a copy that is being made and tells whether it came."""

    def __init__(self, await_copy: Callable[[WorkerHandle], bool]) -> None:
        self._await_copy = await_copy
        self._recent: list[Entry] = []
        self._kept: dict[int, Entry] = {}

    def all(self) -> list[WorkerHandle]:
        """Return all copies, ready or not."""
        return [copy for _, copy in (*self._recent, *self._kept.values())]

    def add(self, cells_run: int, copy: WorkerHandle) -> None:
        """Note the copy that is taken after a cell."""
        self._recent.append((cells_run, copy))

    def keep(self, number: int, cells_run: int, copy: WorkerHandle) -> None:
        """Keep a copy under a number of the host's."""
        self._kept[number] = (cells_run, copy)

    def kept(self, number: int) -> Entry:
        """Return the copy under this number. Raises KeyError."""
        return self._kept[number]

    def all_kept(self) -> list[WorkerHandle]:
        """Return the copies that the host asked for, ready or not."""
        return [copy for _, copy in self._kept.values()]

    def drop(self, number: int) -> None:
        """End the copy under this number. Raises KeyError."""
        self._kept.pop(number)[1].end()

    def take_recent(self, cells_run: int) -> WorkerHandle | None:
        """Take out the copy that was taken after this many cells, if there is one."""
        for entry in reversed(self._recent):
            if entry[0] == cells_run and self._await_copy(entry[1]):
                self._recent.remove(entry)
                return entry[1]
        return None

    def take_newest(self) -> Entry | None:
        """Take out the newest copy that is there; those that did not come are ended."""
        while self._recent:
            count, copy = self._recent.pop()
            if copy.ready:
                return count, copy
            copy.end()
        return None

    def kept_after(self, cells_run: int) -> list[WorkerHandle]:
        """Return the kept copies that were taken after this many cells."""
        return [copy for count, copy in self._kept.values() if count == cells_run]

    def forget(self) -> None:
        """Drop copies that died, and recent ones that are older than one that is ready."""
        newest_ready = max((count for count, copy in self._recent if copy.ready), default=-1)
        fresh = [(count, copy) for count, copy in self._recent if not copy.closed and count >= newest_ready]
        for entry in self._recent:
            if entry not in fresh:
                entry[1].end()
        self._recent = fresh
        self._kept = {number: entry for number, entry in self._kept.items() if not entry[1].closed}

    def end_recent(self) -> None:
        """End the copies taken after cells: the session went back behind them."""
        for _, copy in self._recent:
            copy.end()
        self._recent.clear()
