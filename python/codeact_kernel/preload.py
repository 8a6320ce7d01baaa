"""What the zygote imports before the first session, so that no session has to."""

from __future__ import annotations

import gc
import importlib
import os
import random
import sys
import warnings
from typing import Any, Callable

DEFAULT_MODULES = ("numpy", "pandas", "matplotlib.pyplot")


def preload(modules: tuple[str, ...]) -> dict[str, str]:
    """Import what is installed and return module -> version. Leaves no thread behind and frees the garbage."""
    versions = {}
    for name in modules:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                importlib.import_module(name)
        except Exception:  # noqa: BLE001 - a broken package must not keep sessions from opening
            continue
        package = name.partition(".")[0]
        versions[package] = str(getattr(sys.modules[package], "__version__", "unknown"))
    for package, warm in _WARM_UPS.items():
        if package in versions:
            warm()
    gc.collect()
    gc.freeze()
    return versions


def reseed(seed: int | None = None) -> None:
    """Give this fork random streams of its own, which Python's `random` does by itself, or those of `seed`."""
    numpy = sys.modules.get("numpy")
    if seed is not None:
        random.seed(seed)
        if numpy is not None:
            numpy.random.seed(seed)
    elif numpy is not None:
        # With a number, numpy seeds in C; without one it runs enough Python to unshare a megabyte.
        numpy.random.seed(int.from_bytes(os.urandom(4), "big"))


def _warm_numpy() -> None:
    import numpy

    numpy.random.seed(0)


def _warm_pandas() -> None:
    import pandas

    repr(pandas.DataFrame({"a": [1, 2]}).describe())


def _warm_matplotlib() -> None:
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots()
    axes.plot([0, 1], [0, 1], label="warm")
    figure.canvas.draw()
    plt.close("all")
    # It forgets the open files of fonts in each fork, at a cost: here, once for all.
    from matplotlib import font_manager

    forget = getattr(getattr(font_manager, "_get_font", None), "cache_clear", None)
    if forget:
        forget()


_WARM_UPS: dict[str, Callable[[], Any]] = {
    "numpy": _warm_numpy,
    "pandas": _warm_pandas,
    "matplotlib": _warm_matplotlib,
}
