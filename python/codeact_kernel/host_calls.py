"""Calls of functions that the host provides, from any thread and from asyncio."""

from __future__ import annotations

import itertools
import os
import sys
import threading
from collections import deque
from typing import TYPE_CHECKING, Any, Callable

from .channel import Channel, Waiter
from .guarded import BUILTINS
from .tool_data import read_result, write_arguments

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

    from .pending_call import PendingCall

__builtins__ = BUILTINS  # type: ignore[assignment]

# Calls that the host works on at a time; more wait here.
MAX_IN_FLIGHT = 128

_getpid = os.getpid


class ToolError(Exception):
    """A call of a tool failed. `tool` is the tool's name, `message` says what is wrong."""

    def __init__(self, message: str = "", tool: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.tool = tool

    def __reduce__(self) -> Any:
        return type(self), (self.message, self.tool)


ToolError.__module__ = "builtins"


class Call(Waiter):
    """One call and, once it is settled, what came of it."""

    def __init__(self, number: int, tool: str, frame: dict[str, Any]) -> None:
        super().__init__()
        self.number = number
        self.tool = tool
        self.frame = frame
        self.on_settled: Callable[[], None] | None = None
        self._reply: dict[str, Any] = {}
        self._result: Any = None
        self._is_read = False

    def finish(self, reply: dict[str, Any]) -> None:
        """Take the host's reply."""
        self._reply = reply
        self.settle()
        if self.on_settled is not None:
            self.on_settled()

    def result(self) -> Any:
        """Return what the tool returned, the same object each time. Raises ToolError."""
        if "error" in self._reply:
            raise ToolError(str(self._reply["error"]), self.tool)
        if not self._is_read:
            try:
                self._result = read_result(self._reply)
            except (OSError, ValueError) as error:
                raise ToolError(f"its result could not be read: {error}", self.tool) from None
            self._is_read = True
        return self._result


class HostCalls:
    """The calls that are on their way. `flush` shows what the cell has printed before a call is made.

    `folder` is the session's workspace, where the host leaves long results.
    """

    def __init__(self, flush: Callable[[], None]) -> None:
        self.folder = ""
        self._flush = flush
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._waiting: dict[int, Call] = {}
        self._unsent: deque[Call] = deque()
        self._unawaited: list[PendingCall] = []
        self._watched: dict[AbstractEventLoop, int] = {}
        self._channel: Channel | None = None

    def connect(self, channel: Channel) -> None:
        """Use this channel. In a copy of the process: forget what only the original waits for."""
        self._channel = channel
        self._owner = _getpid()
        self._lock = threading.Lock()
        self._waiting = {}
        self._unsent.clear()
        self._unawaited.clear()
        self._watched.clear()

    def call(self, tool: str, arguments: dict[str, Any]) -> Any:
        """Call a tool. Returns its result or, where an event loop runs, a PendingCall. Raises ToolError."""
        call = self._new_call(tool, arguments)
        asyncio = sys.modules.get("asyncio.events")
        loop = None if asyncio is None else asyncio._get_running_loop()
        if loop is not None:
            from .pending_call import PendingCall

            pending = PendingCall(self, call, loop)
            self._unawaited.append(pending)
            self._submit(call)
            return pending
        try:
            self._submit(call)
            self.channel.wait_for(call)
        except BaseException:
            self.abandon(call)
            raise
        finally:
            call.on_settled = None
        self._raise_interrupt()
        return call.result()

    def watch(self, loop: AbstractEventLoop) -> None:
        """Have the loop, which runs in this thread, read replies until `unwatch` was called as often."""
        if loop not in self._watched:
            loop.add_reader(self.channel.fileno(), self.channel.read_available)
        self._watched[loop] = self._watched.get(loop, 0) + 1

    def unwatch(self, loop: AbstractEventLoop) -> None:
        """Undo one `watch`."""
        count = self._watched.get(loop, 0) - 1
        if count > 0:
            self._watched[loop] = count
        elif self._watched.pop(loop, None) is not None and not loop.is_closed():
            loop.remove_reader(self.channel.fileno())

    @property
    def channel(self) -> Channel:
        """The way to the host."""
        assert self._channel is not None
        return self._channel

    def settle(self, reply: dict[str, Any] | None) -> None:
        """Give a reply to the call that waits for it; None when there will be no more replies."""
        if reply is None:
            calls, self._waiting = [*self._waiting.values(), *self._unsent], {}
            self._unsent.clear()
            for call in calls:
                call.finish({"error": "the session is over"})
            return
        with self._lock:
            call = self._waiting.pop(reply.get("call"), None)
            following = self._unsent.popleft() if self._unsent else None
            if following is not None:
                self._waiting[following.number] = following
        if following is not None:
            self.channel.send(following.frame)
        if call is not None:
            if "file" in reply:
                reply["file"] = os.path.join(self.folder, reply["file"])
            call.finish(reply)

    def abandon(self, call: Call) -> None:
        """Tell the host that nobody waits for the call any more."""
        with self._lock:
            was_sent = self._waiting.pop(call.number, None) is not None
            if not was_sent and call in self._unsent:
                self._unsent.remove(call)
        if was_sent and not call.settled and _getpid() == self._owner:
            self.channel.send({"type": "call-cancel", "call": call.number})

    def finish_cell(self, namespace: dict[str, Any]) -> None:
        """Wait for calls that asynchronous code made and did not await; in variables, values take their place.

        Raises ToolError when one of them failed and nobody looked.
        """
        pending = self._take_unawaited()
        if not pending:
            return
        failures = [failure for failure in [call.unseen_failure() for call in pending] if failure is not None]
        values = {id(call): call for call in pending}
        for name, value in list(namespace.items()):
            if id(value) in values:
                namespace[name] = values[id(value)].value_or_self()
        if failures:
            more = f"; {len(failures) - 1} more such calls failed" if len(failures) > 1 else ""
            raise ToolError(failures[0] + more)

    def drop_unawaited(self) -> None:
        """Abandon the calls that asynchronous code of a cell that failed left behind."""
        for call in self._take_unawaited():
            call.drop()

    def _take_unawaited(self) -> list[PendingCall]:
        """Return the calls whose event loops are at rest; the other loops see to their own."""
        pending, self._unawaited = self._unawaited, []
        return [call for call in pending if not call.is_in_use()]

    def _new_call(self, tool: str, arguments: dict[str, Any]) -> Call:
        if _getpid() != self._owner:
            raise ToolError(
                "tools can be called only in the interpreter's own process: use threads or asyncio here", tool
            )
        try:
            plain = write_arguments(arguments)
        except (TypeError, ValueError, RecursionError) as error:
            raise ToolError(str(error), tool) from None
        number = next(self._numbers)
        return Call(number, tool, {"type": "call", "call": number, "name": tool, "arguments": plain})

    def _submit(self, call: Call) -> None:
        if self.channel.in_main_thread():
            self._flush()
        with self._lock:
            is_free = len(self._waiting) < MAX_IN_FLIGHT
            if is_free:
                self._waiting[call.number] = call
            else:
                self._unsent.append(call)
        if is_free:
            self.channel.send(call.frame)

    def _raise_interrupt(self) -> None:
        channel = self.channel
        if channel.interrupted and channel.in_main_thread():
            channel.interrupted = False
            raise KeyboardInterrupt
