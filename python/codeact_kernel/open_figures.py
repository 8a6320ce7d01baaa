"""Shows the figures that pyplot holds open. Imports nothing: without pyplot there are none."""

from __future__ import annotations

import base64
import io
import os
import sys
from typing import Any

from . import mime
from .guarded import BUILTINS

__builtins__ = BUILTINS  # type: ignore[assignment]

BACKEND = "module://codeact_kernel.figures"

# The entry of a figure's bundle that tells in words what it shows, for those who cannot see it.
DESCRIPTION = "text/vnd.codeact.description"
_MAX_DESCRIPTION_CHARACTERS = 600
_KINDS = {
    "lines": ("line", "lines"),
    "patches": ("bar or patch", "bars or patches"),
    "collections": ("collection of marks", "collections of marks"),
    "images": ("image", "images"),
}


def show_open_figures() -> None:
    """Show pyplot's open figures in the order of their numbers, and close them."""
    helpers = sys.modules.get("matplotlib._pylab_helpers")
    if helpers is None:
        return
    managers = helpers.Gcf.get_all_fig_managers()
    if not managers:
        return
    from .display import show_bundle

    try:
        for manager in managers:
            figure = manager.canvas.figure
            if figure.axes or figure.lines or figure.texts or figure.images:
                show_bundle(figure_bundle(figure))
    finally:
        for manager in managers:
            helpers.Gcf.destroy(manager)


def choose_backend() -> None:
    """Make this kernel's backend the one of matplotlib, whether it is imported already or later.

    Call it before preloading pyplot, and every session starts with it at no cost.
    """
    if os.environ.get("MPLBACKEND", "agg").lower() in (
        "agg",
        "module://matplotlib_inline.backend_inline",
    ):
        os.environ["MPLBACKEND"] = BACKEND
    matplotlib = sys.modules.get("matplotlib")
    if matplotlib is None or os.environ["MPLBACKEND"] != BACKEND:
        return
    if dict.__getitem__(matplotlib.rcParams, "backend") != BACKEND:
        matplotlib.use(BACKEND)


def is_figure(value: Any) -> bool:
    """Tell whether a value is a matplotlib figure."""
    module = sys.modules.get("matplotlib.figure")
    return module is not None and isinstance(value, module.Figure)


def figure_bundle(figure: Any) -> dict:
    """Return a figure as PNG and as text. Raises what drawing it raises."""
    canvas = figure.canvas
    if not hasattr(canvas, "print_png"):
        from matplotlib.backends.backend_agg import FigureCanvasAgg

        canvas = FigureCanvasAgg(figure)
    buffer = io.BytesIO()
    canvas.print_figure(
        buffer,
        format="png",
        dpi=figure.dpi,
        facecolor=figure.get_facecolor(),
        edgecolor=figure.get_edgecolor(),
        bbox_inches="tight",
    )
    picture = base64.b64encode(buffer.getvalue()).decode("ascii")
    entries = {"image/png": picture, "text/plain": mime.text_of(figure)}
    description = _describe(figure)
    if description:
        entries[DESCRIPTION] = description
    return mime.capped(entries)


def _describe(figure: Any) -> str:
    """Return the titles, labels and kinds of marks of a figure in one line; empty when it has none."""
    try:
        heading = figure._suptitle.get_text() if getattr(figure, "_suptitle", None) else ""
        parts = [repr(heading)] if heading else []
        parts += [text for text in map(_describe_axes, figure.axes[:6]) if text]
        if len(figure.axes) > 6:
            parts.append(f"and {len(figure.axes) - 6} more axes")
        return " ".join("; ".join(parts).split())[:_MAX_DESCRIPTION_CHARACTERS]
    except Exception:
        return ""


def _describe_axes(axes: Any) -> str:
    title, x, y = axes.get_title(), axes.get_xlabel(), axes.get_ylabel()
    legend = axes.get_legend()
    labels = [text.get_text() for text in legend.get_texts()] if legend is not None else []
    marks = []
    for kind in ("lines", "patches", "collections", "images"):
        count = len(getattr(axes, kind))
        if count:
            marks.append(f"{count} {_KINDS[kind][count != 1]}")
    parts = [repr(title)] if title else []
    parts += [f"{name}: {text}" for name, text in (("x", x), ("y", y)) if text]
    parts += [", ".join(marks)] if marks else []
    parts += [f"legend: {', '.join(labels[:12])}"] if labels else []
    return ", ".join(parts)


def take_figure(figure: Any) -> dict:
    """Return a figure's bundle and close it, so that it is not shown again."""
    bundle = figure_bundle(figure)
    helpers = sys.modules.get("matplotlib._pylab_helpers")
    if helpers is not None:
        for manager in helpers.Gcf.get_all_fig_managers():
            if manager.canvas.figure is figure:
                helpers.Gcf.destroy(manager)
    return bundle
