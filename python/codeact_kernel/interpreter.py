"""Runs the cells of one session in one namespace."""

from __future__ import annotations
import __future__ as futures

import ast
import builtins
import getpass
import linecache
import os
import sys
import types
from typing import Any, Callable, Optional

from . import display, mime, open_figures
from .guarded import BUILTINS, repair_builtins
from .ipython import StandIn
from .shell import Shell
from .session_functions import ReadOutput, SessionFunctions
from .streams import Ask, Emit, Streams
from .thread_errors import report_thread_errors
from .tracebacks import describe_error
from .transform import transform_cell, without_indentation

__builtins__ = BUILTINS  # type: ignore[assignment]

# Values kept in `Out` and sources kept in `In`; older ones are dropped.
KEPT_VALUES = 100
KEPT_SOURCES = 1000

_TOP_LEVEL_AWAIT = 0x2000  # ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, whatever a cell does to ast
_COROUTINE = 0x80
_FUTURE_FLAGS = 0
for _name in futures.all_feature_names:
    if _name != "nested_scopes":  # its flag has another meaning in compiled code
        _FUTURE_FLAGS |= getattr(futures, _name).compiler_flag

_settrace, _setprofile = sys.settrace, sys.setprofile
_modules = sys.modules
_loaded = dict(sys.modules)
_sources = linecache.cache


class Interpreter:
    """A persistent namespace, and what it takes to run a cell in it.

    `emit` takes each output as it happens. `ask(prompt, password)` answers `input()`; without it
    `input()` raises EOFError. `read_output(number)` answers `cell_output()`.
    Creating one replaces the module ``__main__``.
    """

    def __init__(
        self, emit: Emit, ask: Optional[Ask] = None, read_output: Optional[ReadOutput] = None
    ) -> None:
        self.execution_count = 0
        self._emit = emit
        self._owner = os.getpid()
        self._module = types.ModuleType("__main__")
        self.namespace: dict[str, Any] = self._module.__dict__
        self._streams = Streams(emit, ask)
        # What waits for, and what gives up, calls that asynchronous code has left behind.
        self.finish_calls: Callable[[dict[str, Any]], None] = lambda _namespace: None
        self.drop_calls: Callable[[], None] = lambda: None
        self._flags = 0
        self._loop: Any = None
        self._loop_owner = 0
        self._foreign_loops: list[Any] = []
        self._cell_files: list[str] = []
        self._may_be_broken = True
        self._last: tuple[Any, Any, Any] = ("", "", "")
        self._inputs: list[str] = [""]
        self._outputs: dict[int, Any] = {}
        self.shell = Shell(self.namespace, self.run_code, self._streams)
        self.namespace.update(
            {
                "__builtins__": builtins,
                "In": self._inputs,
                "Out": self._outputs,
                "_": "",
                "__": "",
                "___": "",
            }
        )
        self.own_names = frozenset(self.namespace)
        self._functions = SessionFunctions(emit, read_output)
        self._provide_builtins()
        StandIn(self.shell.get_ipython).install()
        report_thread_errors(self.namespace)
        open_figures.choose_backend()
        display.connect(self._show)

    def run(
        self,
        source: str,
        silent: bool = False,
        number: Optional[int] = None,
        context: Optional[dict[str, Any]] = None,
    ) -> str:
        """Run a cell and return `ok`, `error` or `interrupted`. Never raises.

        What it raised has been emitted as an error frame before this returns. A silent cell is plain Python,
        has no number, and leaves nothing in `In`, `Out` and `_`. `number` is the cell's, by default the next
        one; `context` says what the host wants the code to know of its run.
        """
        self.execution_count = self.execution_count + (not silent) if number is None else number
        try:
            self._functions.start_cell(self.execution_count, context or {})
            self._prepare()
            status = self._run_guarded(source, silent)
        except KeyboardInterrupt as interrupt:
            status = self._report(interrupt)
        except BaseException as error:  # a fault of the kernel's own is still only this cell's
            status = self._report(error)
        _settrace(None)
        _setprofile(None)
        try:
            self._streams.flush()
        except KeyboardInterrupt:
            status = "interrupted"
        except Exception:
            pass
        # Looking at every built-in unshares the memory that holds them: only after a cell that may have done harm.
        self._may_be_broken = status != "ok" or "builtin" in source
        return status

    def touch(self, emit: Emit) -> None:
        """Go through what every cell needs, without a trace but what `emit` gets.

        After a fork the first write to a page copies it. This makes the usual pages this process's own while
        nobody waits.
        """
        self._streams.install()
        twin = object.__new__(Interpreter)
        twin.__dict__.update(self.__dict__)
        twin.execution_count = 0
        twin.namespace = {"__builtins__": builtins}
        twin._inputs, twin._outputs, twin._cell_files, twin._emit = [""], {}, [], emit
        twin._show_value(twin._run_source("1 + 1"))
        _sources.pop(twin._cell_files[0], None)

    def flush(self) -> None:
        """Emit everything that was written so far."""
        self._streams.flush()

    def run_code(self, source: str, first_line: int = 1) -> Any:
        """Run source in the namespace, as part of the current cell, and return its last value.

        Line numbers count from `first_line` of the cell.
        """
        filename = f"<cell {self.execution_count}>"
        tree = self._parse("\n" * (first_line - 1) + transform_cell(source), filename)
        return self._execute(tree, filename)

    def _prepare(self) -> None:
        self._owner = os.getpid()
        if self._may_be_broken:
            repair_builtins()
        _settrace(None)
        _setprofile(None)
        if sys.modules is not _modules:
            sys.modules = _modules
        _modules["__main__"] = self._module
        if "sys" not in _modules or __name__ not in _modules:
            for name, module in _loaded.items():
                _modules.setdefault(name, module)
        self._streams.install()
        self.namespace.setdefault("__name__", "__main__")
        self.namespace["__builtins__"] = builtins

    def _run_guarded(self, source: str, silent: bool) -> str:
        error: Optional[BaseException] = None
        try:
            value = self._run_silently(source) if silent else self._run_source(source)
            self.finish_calls(self.namespace)
            self._streams.flush()
            if value is not None:
                self._show_value(value)
        except BaseException as raised:
            error = raised
            self.drop_calls()
        _settrace(None)
        _setprofile(None)
        if os.getpid() != self._owner:
            self._leave_forked_process(error)
        self._streams.flush()
        try:
            open_figures.show_open_figures()
        except BaseException as raised:
            error = error or raised
        try:
            return "ok" if error is None else self._report(error)
        finally:
            error = None  # its traceback holds this frame and the cell's

    def _run_source(self, source: str) -> Any:
        filename = f"<cell {self.execution_count}>"
        source = without_indentation(source)
        self._remember_source(source, filename)
        tree = self._parse(transform_cell(source), filename)
        silent = _ends_with_semicolon(tree, source)
        value = self._execute(tree, filename)
        if value is not None:
            self._remember_value(value)
        return None if silent else value

    def _run_silently(self, source: str) -> Any:
        filename = "<silent cell>"
        return self._execute(self._parse(source, filename), filename)

    def _parse(self, source: str, filename: str) -> ast.Module:
        flags = ast.PyCF_ONLY_AST | _TOP_LEVEL_AWAIT | self._flags
        return compile(source, filename, "exec", flags, True)  # type: ignore[return-value]

    def _execute(self, tree: ast.Module, filename: str) -> Any:
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        flags = _TOP_LEVEL_AWAIT | self._flags
        code = value_code = None
        if tree.body:
            code = compile(tree, filename, "exec", flags, True)
            self._flags |= code.co_flags & _FUTURE_FLAGS
            flags |= self._flags
        if last is not None:
            expression = ast.Expression(last.value)  # type: ignore[attr-defined]
            value_code = compile(expression, filename, "eval", flags, True)
            value_code = value_code.replace(co_name="<module>")
        if code is not None:
            self._evaluate(code)
        return None if value_code is None else self._evaluate(value_code)

    def _evaluate(self, code: types.CodeType) -> Any:
        result = eval(code, self.namespace)
        return self._await(result) if code.co_flags & _COROUTINE else result

    def _await(self, coroutine: Any) -> Any:
        import asyncio

        if self._loop is None or self._loop.is_closed() or self._loop_owner != os.getpid():
            # In a copy of the process the loop shares its selector with the original: it is kept
            # unused, for closing it would take the original's descriptors out.
            self._foreign_loops.append(self._loop)
            self._loop, self._loop_owner = asyncio.new_event_loop(), os.getpid()
        asyncio.set_event_loop(self._loop)
        task = self._loop.create_task(coroutine)
        try:
            return self._loop.run_until_complete(task)
        except KeyboardInterrupt:
            if not task.done():
                task.cancel()
                self._loop.run_until_complete(asyncio.wait([task], timeout=1))
            raise

    def _show_value(self, value: Any) -> None:
        own = getattr(type(value), "_ipython_display_", None)
        if callable(own) and not isinstance(value, type):
            own(value)
        elif open_figures.is_figure(value):
            self._emit({"type": "value", "data": open_figures.take_figure(value)})
        else:
            self._emit({"type": "value", "data": mime.bundle_of(value)})

    def _show(self, bundle: dict, display_id: Optional[str], update: bool) -> None:
        if os.getpid() != self._owner:
            os.write(1, (bundle.get("text/plain", "") + "\n").encode("utf-8", "replace"))
            return
        self._streams.flush()
        frame: dict[str, Any] = {"type": "display", "data": bundle}
        if display_id is not None:
            frame["displayId"] = str(display_id)
        if update:
            frame["update"] = True
        self._emit(frame)

    def _report(self, error: BaseException) -> str:
        status = "interrupted" if isinstance(error, KeyboardInterrupt) else "error"
        for _ in range(2):  # an interrupt may arrive while the report is being written
            try:
                report = describe_error(error, self.namespace)
                self._emit({"type": "error", "error": report})
                break
            except KeyboardInterrupt:
                status = "interrupted"
            except Exception:
                break
        return status

    def _leave_forked_process(self, error: Optional[BaseException]) -> None:
        code = 0
        if isinstance(error, SystemExit):
            code = error.code if isinstance(error.code, int) else int(error.code is not None)
        elif error is not None:
            report = describe_error(error, self.namespace)
            os.write(2, (report["traceback"] + "\n").encode("utf-8", "replace"))
            code = 1
        self._streams.flush()
        os._exit(code & 255)

    def _remember_source(self, source: str, filename: str) -> None:
        lines = source.splitlines(True)
        if lines and not lines[-1].endswith("\n"):
            lines[-1] += "\n"
        linecache.cache = _sources
        _sources[filename] = (len(source), None, lines, filename)
        self._cell_files.append(filename)
        if len(self._cell_files) > KEPT_SOURCES:
            _sources.pop(self._cell_files.pop(0), None)
            old = len(self._inputs) - KEPT_SOURCES
            if old > 0:
                self._inputs[old] = ""
        # A cell that crashed took its own entry with it.
        del self._inputs[self.execution_count :]
        self._inputs.extend([""] * (self.execution_count - len(self._inputs)))
        self._inputs.append(source)

    def _remember_value(self, value: Any) -> None:
        if value is self._outputs:
            return
        count = self.execution_count
        namespace = self.namespace
        names = ("_", "__", "___")
        untouched = all(namespace.get(name) is kept for name, kept in zip(names, self._last))
        if untouched:
            self._last = (value, self._last[0], self._last[1])
            namespace.update(zip(names, self._last))
        namespace[f"_{count}"] = value
        self._outputs[count] = value
        if len(self._outputs) > KEPT_VALUES:
            oldest = next(iter(self._outputs))
            dropped = self._outputs.pop(oldest)
            if namespace.get(f"_{oldest}") is dropped:
                del namespace[f"_{oldest}"]

    def _provide_builtins(self) -> None:
        provided = {
            "display": display.display,
            "get_ipython": self.shell.get_ipython,
            "input": self._streams.input,
            "exit": _leave,
            "quit": _leave,
            **self._functions.builtins(),
        }
        BUILTINS.update(provided)
        vars(builtins).update(provided)
        getpass.getpass = self._streams.getpass  # type: ignore[assignment]


def _leave(code: Any = None) -> None:
    """End the cell; the session goes on."""
    raise SystemExit if code is None else SystemExit(code)


_leave.__name__ = _leave.__qualname__ = "exit"


def _ends_with_semicolon(tree: ast.Module, source: str) -> bool:
    if not tree.body or not isinstance(tree.body[-1], ast.Expr) or ";" not in source:
        return False
    last = source.rstrip()
    if "#" not in last.splitlines()[-1]:
        return last.endswith(";")
    node = tree.body[-1]
    lines = source.splitlines()
    line = node.end_lineno or 1
    if line > len(lines):
        return False
    rest = lines[line - 1].encode("utf-8")[node.end_col_offset or 0 :].decode("utf-8", "replace")
    return rest.lstrip().startswith(";")
