"""A small stand-in for `IPython`, for the imports that notebooks' code makes. A real one goes first."""

from __future__ import annotations

import importlib.machinery
import sys
import types
from typing import Any, Callable, Optional

from . import display

_FOLDERS = ("IPython", "IPython.core")
_MODULES = (
    *_FOLDERS,
    "IPython.display",
    "IPython.core.display",
    "IPython.core.getipython",
    "IPython.core.pylabtools",
)


class StandIn:
    """Finds the stand-in's modules when nothing else on the path has them."""

    def __init__(self, get_ipython: Callable[[], Any]) -> None:
        self._get_ipython = get_ipython

    def install(self) -> None:
        """Become the last finder asked."""
        sys.meta_path.append(self)  # type: ignore[arg-type]

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Optional[Any]:
        """Return a spec for the stand-in's own modules only."""
        if name not in _MODULES:
            return None
        folder = name in _FOLDERS
        return importlib.machinery.ModuleSpec(name, self, is_package=folder)  # type: ignore[arg-type]

    def create_module(self, spec: Any) -> Optional[types.ModuleType]:
        """Leave the making of the module to the import system."""
        return None

    def exec_module(self, module: types.ModuleType) -> None:
        """Fill a module of the stand-in."""
        name = module.__name__
        contents: dict[str, Any] = {"__doc__": "A small stand-in for IPython."}
        if name in ("IPython.display", "IPython.core.display"):
            contents.update((thing.__name__, thing) for thing in display.PUBLIC)
        elif name == "IPython.core.pylabtools":
            contents["backend2gui"] = {}
        else:
            contents["get_ipython"] = self._get_ipython
        if name == "IPython":
            # From 8.24 on, libraries ask less of IPython.
            contents["version_info"] = (8, 30, 0, "")
            contents["__version__"] = "8.30.0"
            contents["display"] = display.display
        vars(module).update(contents)
