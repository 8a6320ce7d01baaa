"""What a call returns to asynchronous code: something to await that can also be used like its value."""

from __future__ import annotations

import asyncio
import contextlib
import operator
import sys
from typing import TYPE_CHECKING, Any, Callable

from .guarded import BUILTINS

if TYPE_CHECKING:
    from .host_calls import Call, HostCalls

__builtins__ = BUILTINS  # type: ignore[assignment]

_running_loop = asyncio.events._get_running_loop


class PendingCall(asyncio.Future):
    """A call of a tool that is on its way: await it, or pass it to asyncio.gather, asyncio.wait, create_task...

    Used without await, such as in ``call["key"]`` or ``for item in call``, it waits for its value on the spot.
    """

    def __init__(self, calls: HostCalls, call: Call, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop=loop)
        self._calls = calls
        self._call = call
        self._watched = True
        self._steps: Any = None
        self._place = _calling_line()
        calls.watch(loop)
        call.on_settled = self._arrived

    # A future that is also a coroutine, so that asyncio.create_task takes it.

    def send(self, value: Any) -> Any:
        """Go on awaiting, as a coroutine does."""
        if self._steps is None:
            self._steps = self.__await__()
        return self._steps.send(value)

    def throw(self, *error: Any) -> Any:
        """Raise an error where this waits, as a coroutine does."""
        if self._steps is None:
            self._steps = self.__await__()
        return self._steps.throw(*error)

    def close(self) -> None:
        """End, as a coroutine does."""
        if self._steps is not None:
            self._steps.close()

    def cancel(self, *arguments: Any, **named: Any) -> bool:
        """Give the call up; the host is told."""
        cancelled = super().cancel(*arguments, **named)
        if cancelled:
            self.drop()
        return cancelled

    # What the calls' owner does

    def drop(self) -> None:
        """Stop waiting for the reply."""
        self._call.on_settled = None
        self._calls.abandon(self._call)
        self._unwatch()

    def is_in_use(self) -> bool:
        """Tell whether the event loop of another thread runs and may still ask for the value."""
        loop = self.get_loop()
        return loop.is_running() and loop is not _running_loop()

    def unseen_failure(self) -> str | None:
        """Wait for the end; say what failed and where, if nobody has seen it."""
        self._wait()
        self._finish()
        if self.cancelled() or not self._log_traceback:  # type: ignore[attr-defined]
            return None
        return f"{self.exception()} ({self._call.tool} was called {self._place} without await)"

    def value_or_self(self) -> Any:
        """Return the value; this object when there is none."""
        failed = not self.done() or self.cancelled() or self.exception() is not None
        return self if failed else self.result()

    def _arrived(self) -> None:
        """Runs in the thread that has read the reply."""
        loop = self.get_loop()
        if _running_loop() is loop:
            self._finish()
            return
        try:
            loop.call_soon_threadsafe(self._finish)
        except RuntimeError:
            pass  # the loop is closed: nobody awaits this

    def _finish(self) -> None:
        self._unwatch()
        if self.done():
            return
        settle, outcome = self.set_result, None
        try:
            outcome = self._call.result()
        except Exception as error:
            settle, outcome = self.set_exception, error
        # A loop that is closed runs no callbacks, but what came of the call is kept all the same.
        with contextlib.suppress(RuntimeError):
            settle(outcome)

    def _unwatch(self) -> None:
        if self._watched:
            self._watched = False
            self._calls.unwatch(self.get_loop())

    def _wait(self) -> None:
        if not self._call.settled and not self.cancelled():
            try:
                self._calls.channel.wait_for(self._call)
            except BaseException:
                self._calls.abandon(self._call)
                raise

    def wait_for_value(self) -> Any:
        """Return the value, once it is there. Raises ToolError."""
        if not self.done():
            self._wait()
        running = _running_loop()
        if running is self.get_loop() or not self.get_loop().is_running():
            self._finish()
        if self.done():
            return self.result()
        return self._call.result()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.wait_for_value(), name)

    def __repr__(self) -> str:
        try:
            return repr(self.wait_for_value())
        except Exception as error:
            return f"<failed call of {self._call.tool}: {error}>"

    def __str__(self) -> str:
        return str(self.wait_for_value())

    def __format__(self, spec: str) -> str:
        return format(self.wait_for_value(), spec)

    def __iter__(self) -> Any:
        return iter(self.wait_for_value())

    def __eq__(self, other: object) -> Any:
        return self is other or self.wait_for_value() == other

    __hash__ = asyncio.Future.__hash__


def _calling_line() -> str:
    """Return which line of a cell makes the call."""
    frame: Any = sys._getframe(1)
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith("<cell "):
            return f"on line {frame.f_lineno} of {file[1:-1]}"
        frame = frame.f_back
    return "outside of cells"


def _delegate(name: str, function: Callable[..., Any]) -> None:
    def method(self: PendingCall, *arguments: Any) -> Any:
        return function(self.wait_for_value(), *arguments)

    method.__name__ = name
    setattr(PendingCall, name, method)


def _delegate_reflected(name: str, function: Callable[..., Any]) -> None:
    def method(self: PendingCall, other: Any) -> Any:
        return function(other, self.wait_for_value())

    method.__name__ = name
    setattr(PendingCall, name, method)


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "and", "or", "xor"):
    _function = getattr(operator, f"__{_name}__")
    _delegate(f"__{_name}__", _function)
    _delegate_reflected(f"__r{_name}__", _function)
for _name in ("lt", "le", "gt", "ge", "ne", "neg", "pos", "abs", "getitem", "setitem", "delitem", "contains", "index"):
    _delegate(f"__{_name}__", getattr(operator, f"__{_name}__"))
for _name, _function in (("len", len), ("bool", bool), ("int", int), ("float", float), ("reversed", reversed)):
    _delegate(f"__{_name}__", _function)
