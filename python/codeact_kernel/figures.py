"""The matplotlib backend of a session: figures are drawn with Agg and shown as PNG displays.

Named as ``module://codeact_kernel.figures`` in MPLBACKEND; only matplotlib imports it.
"""

from __future__ import annotations

from typing import Any

from matplotlib.backend_bases import FigureManagerBase
from matplotlib.backends.backend_agg import FigureCanvasAgg

from .open_figures import show_open_figures

FigureCanvas = FigureCanvasAgg
FigureManager = FigureManagerBase


def show(*_: Any, **__: Any) -> None:
    """Show every open figure now, and close it."""
    show_open_figures()
