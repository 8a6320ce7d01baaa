"""The databases that the calls read and change: a fresh copy for each sample."""

from __future__ import annotations

import copy
from typing import Any, Mapping


class Databases:
    """Gives out a private copy of each database when it is first used."""

    def __init__(self, originals: Mapping[str, Any]) -> None:
        self._originals = originals
        self._copies: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        """Return the database, such as ``Account``; what it is not told of is empty."""
        if name not in self._copies:
            self._copies[name] = copy.deepcopy(self._originals.get(name, {}))
        return self._copies[name]
