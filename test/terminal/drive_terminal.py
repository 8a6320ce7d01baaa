"""Runs a program in a pseudo-terminal as a person would.

Reads from standard input: {"command": [...], "steps": [["expect", text] | ["send", text], ...], "seconds": n}.
Writes: {"output": all that the program wrote, "code": its exit code, "missing": the text that never came, if any}.
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import struct
import sys
import termios
import time


def main() -> None:
    task = json.load(sys.stdin)
    deadline = time.monotonic() + task["seconds"]
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvp(task["command"][0], task["command"])
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
    output = ""
    seen = 0
    missing = None

    def read(seconds: float) -> bool:
        nonlocal output
        if not select.select([terminal], [], [], max(0, seconds))[0]:
            return True
        try:
            data = os.read(terminal, 65536)
        except OSError:
            return False
        output += data.decode("utf-8", "replace")
        return bool(data)

    for kind, text in task["steps"]:
        if kind == "send":
            os.write(terminal, text.encode())
            continue
        while text not in output[seen:]:
            if time.monotonic() > deadline or not read(deadline - time.monotonic()):
                missing = text
                break
        if missing is not None:
            break
        seen = output.index(text, seen) + len(text)
    while missing is None and time.monotonic() < deadline and read(deadline - time.monotonic()):
        pass
    if missing is not None or time.monotonic() >= deadline:
        os.kill(pid, 9)
    _, status = os.waitpid(pid, 0)
    json.dump({"output": output, "code": os.waitstatus_to_exitcode(status), "missing": missing}, sys.stdout)


main()
