"""`display()` and the classes that say how something is to be shown."""

from __future__ import annotations

import os
from typing import Any, Optional

from . import mime, open_figures
from .guarded import BUILTINS

__builtins__ = BUILTINS  # type: ignore[assignment]

_emitters: list = []
_next_id = 0


def connect(show: Any) -> None:
    """Send what is displayed from now on to ``show(bundle, display_id, update)``."""
    _emitters[:] = [show]


def show_bundle(bundle: dict, display_id: Optional[str] = None, update: bool = False) -> None:
    """Show a bundle whose entries are already text."""
    if _emitters:
        _emitters[0](bundle, display_id, update)


class DisplayHandle:
    """Refers to something shown, so that it can be replaced."""

    def __init__(self, display_id: Optional[str] = None) -> None:
        self.display_id = display_id or _new_id()

    def display(self, obj: Any, **options: Any) -> None:
        """Show an object under this handle's id."""
        display(obj, display_id=self.display_id, **options)

    def update(self, obj: Any, **options: Any) -> None:
        """Replace what is shown under this handle's id."""
        update_display(obj, display_id=self.display_id, **options)

    def __repr__(self) -> str:
        return f"<DisplayHandle display_id={self.display_id}>"


def display(
    *objs: Any,
    display_id: Any = None,
    raw: bool = False,
    update: bool = False,
    include: Any = None,
    exclude: Any = None,
    clear: bool = False,
    **_: Any,
) -> Optional[DisplayHandle]:
    """Show objects with all their representations.

    With ``display_id`` (True for a new one) what is shown can be replaced later; the handle for that is
    returned. With ``raw`` each object is a dict of data by MIME type.
    """
    if display_id is True:
        display_id = _new_id()
    for obj in objs:
        own = (
            None if raw or isinstance(obj, type) else getattr(type(obj), "_ipython_display_", None)
        )
        if callable(own):
            own(obj)
            continue
        if raw:
            entries = {
                str(key): mime.encode_entry(str(key), data) for key, data in dict(obj).items()
            }
            bundle = mime.capped({key: text for key, text in entries.items() if text is not None})
        elif open_figures.is_figure(obj):
            bundle = open_figures.take_figure(obj)
        else:
            bundle = mime.bundle_of(obj)
        if include:
            bundle = {key: text for key, text in bundle.items() if key in include}
        if exclude:
            bundle = {key: text for key, text in bundle.items() if key not in exclude}
        show_bundle(bundle, display_id, update)
    return DisplayHandle(display_id) if display_id is not None else None


def update_display(obj: Any, *, display_id: str, **options: Any) -> None:
    """Replace what was shown under an id."""
    display(obj, display_id=display_id, update=True, **options)


def clear_output(wait: bool = False) -> None:
    """Accepted for notebooks' sake; what was shown stays."""


def _new_id() -> str:
    global _next_id
    _next_id += 1
    return f"display-{_next_id}"


class DisplayObject:
    """Something with a MIME type of its own: data given, or read from a file."""

    mime_type = "text/plain"
    _binary = False

    def __init__(
        self, data: Any = None, url: Any = None, filename: Any = None, **options: Any
    ) -> None:
        if isinstance(data, os.PathLike):
            data, filename = None, data
        if data is None and url is not None:
            data = str(url)
        if data is None and filename is not None:
            with open(filename, "rb") as file:
                data = file.read()
            if not self._binary:
                data = data.decode("utf-8")
        self.data = data
        self.url = url
        self.filename = filename
        self.metadata = options

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict:
        return {self.mime_type: self.data}

    def __repr__(self) -> str:
        return f"<IPython.core.display.{type(self).__name__} object>"


class HTML(DisplayObject):
    """HTML text."""

    mime_type = "text/html"

    def _repr_html_(self) -> Any:
        return self.data


class Markdown(DisplayObject):
    """Markdown text."""

    mime_type = "text/markdown"


class Latex(DisplayObject):
    """LaTeX text."""

    mime_type = "text/latex"


class Math(DisplayObject):
    """A formula in LaTeX, without its dollar signs."""

    mime_type = "text/latex"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict:
        return {self.mime_type: "$\\displaystyle " + str(self.data).strip("$") + "$"}


class SVG(DisplayObject):
    """An SVG picture."""

    mime_type = "image/svg+xml"


class JSON(DisplayObject):
    """Data shown as JSON: a dict, a list, or JSON text."""

    mime_type = "application/json"


class Javascript(DisplayObject):
    """JavaScript; whether it runs is up to the page that shows it."""

    mime_type = "application/javascript"


class Image(DisplayObject):
    """A picture: PNG or JPEG or GIF bytes, or the path or address of one."""

    _binary = True

    def __init__(
        self, data: Any = None, url: Any = None, filename: Any = None, **options: Any
    ) -> None:
        if isinstance(data, str):
            if data.startswith(("http:", "https:")):
                data, url = None, data
            else:
                data, filename = None, data
        super().__init__(data, url, filename, **options)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict:
        if not isinstance(self.data, (bytes, bytearray)):
            return {"text/html": f'<img src="{self.url}"/>'}
        return {_picture_type(bytes(self.data[:12])): self.data}


def _picture_type(start: bytes) -> str:
    if start.startswith(b"\xff\xd8"):
        return "image/jpeg"
    if start.startswith(b"GIF8"):
        return "image/gif"
    if start.startswith(b"RIFF") and start[8:12] == b"WEBP":
        return "image/webp"
    return "image/png"


class IFrame:
    """A page inside the page."""

    def __init__(self, src: str, width: Any = "100%", height: Any = 400, **_: Any) -> None:
        self.src, self.width, self.height = src, width, height

    def _repr_html_(self) -> str:
        return f'<iframe width="{self.width}" height="{self.height}" src="{self.src}"></iframe>'

    def __repr__(self) -> str:
        return f"<IPython.lib.display.IFrame src={self.src!r}>"


class Audio(DisplayObject):
    """A sound: bytes of a WAV or MP3 file, or the path of one."""

    _binary = True

    def __init__(
        self, data: Any = None, filename: Any = None, url: Any = None, **options: Any
    ) -> None:
        if isinstance(data, str):
            data, filename = None, data
        super().__init__(data, url, filename, **options)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict:
        if not isinstance(self.data, (bytes, bytearray)):
            return {}
        return {"audio/wav" if self.data[:4] == b"RIFF" else "audio/mpeg": bytes(self.data)}


class Code(DisplayObject):
    """Source text."""

    def __init__(
        self, data: Any = None, url: Any = None, filename: Any = None, **options: Any
    ) -> None:
        super().__init__(data, url, filename, **options)

    def __repr__(self) -> str:
        return str(self.data)


PUBLIC = (
    display,
    update_display,
    clear_output,
    DisplayHandle,
    DisplayObject,
    HTML,
    Markdown,
    Latex,
    Math,
)
PUBLIC += (SVG, JSON, Javascript, Image, IFrame, Audio, Code)  # type: ignore[assignment]


def display_html(*objs: Any, raw: bool = False, **options: Any) -> None:
    """Show HTML text (with `raw`) or objects."""
    display(*((HTML(obj) for obj in objs) if raw else objs), **options)


def display_markdown(*objs: Any, raw: bool = False, **options: Any) -> None:
    """Show Markdown text (with `raw`) or objects."""
    display(*((Markdown(obj) for obj in objs) if raw else objs), **options)


PUBLIC += (display_html, display_markdown)  # type: ignore[assignment]
