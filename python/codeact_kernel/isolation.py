"""Turns a fresh fork of the zygote into the sandbox of one session.

The zygote already lives in an outer sandbox that bubblewrap made: a read-only view of the system, no
network, no capabilities. Each session adds its own user, mount, process, network, IPC, host name and
cgroup namespaces, so that sessions do not see one another.
"""

from __future__ import annotations

import fcntl
import os
import resource
import socket
import struct

from . import seccomp
from .libc import (
    CLONE_NEWCGROUP,
    CLONE_NEWIPC,
    CLONE_NEWNET,
    CLONE_NEWNS,
    CLONE_NEWPID,
    CLONE_NEWUSER,
    CLONE_NEWUTS,
    MS_BIND,
    MS_NODEV,
    MS_NOEXEC,
    MS_NOSUID,
    MS_PRIVATE,
    MS_RDONLY,
    MS_REC,
    MS_REMOUNT,
    PR_SET_DUMPABLE,
    PR_SET_NO_NEW_PRIVS,
    drop_capabilities,
    mount,
    prctl,
    set_hostname,
)

NAMESPACES = (
    CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP
)

# Where the outer sandbox shows the host's folder of this runtime: the zygote's socket and the workspaces.
HOST_FOLDER = "/run/codeact"
CACHE_FOLDER = "/var/cache/codeact"
WORKSPACE = "/workspace"
HOME = "/home/user"
HOST_NAME = "codeact"

_SCRATCH_FOLDERS = ("/tmp", "/dev/shm", HOME)
_SAFE = MS_NOSUID | MS_NODEV
_SIOCSIFFLAGS, _IFF_UP = 0x8914, 1


def enter_sandbox(outer_uid: int, outer_gid: int) -> None:
    """Finish the namespaces of this process, which must be process 1 of NAMESPACES. Raises OSError."""
    _map_user(outer_uid, outer_gid)
    mount("none", "/", flags=MS_REC | MS_PRIVATE)
    mount("none", CACHE_FOLDER, flags=MS_REMOUNT | MS_BIND | MS_RDONLY | _SAFE)
    mount("proc", "/proc", "proc", _SAFE | MS_NOEXEC)
    set_hostname(HOST_NAME)
    _bring_loopback_up()
    # Processes of the session run as the same user: this keeps them out of the supervisor's memory.
    prctl(PR_SET_DUMPABLE, 0)


def show_workspace(session: str, scratch_bytes: int) -> None:
    """Give the sandbox its workspace and its scratch folders, and hide the host's folder. Raises OSError."""
    mount(f"{HOST_FOLDER}/sessions/{session}", WORKSPACE, flags=MS_BIND)
    mount("none", WORKSPACE, flags=MS_REMOUNT | MS_BIND | _SAFE)
    for folder in _SCRATCH_FOLDERS:
        mount("tmpfs", folder, "tmpfs", _SAFE, f"size={scratch_bytes},mode=1777")
    mount("tmpfs", HOST_FOLDER, "tmpfs", _SAFE | MS_RDONLY, "size=4k,mode=0")


def confine_worker() -> None:
    """Take from this process, for good, all that the code of a session must not have. Raises OSError."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    drop_capabilities()
    prctl(PR_SET_DUMPABLE, 1)
    seccomp.install()


def _map_user(uid: int, gid: int) -> None:
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{uid} {uid} 1")
    _write("/proc/self/gid_map", f"{gid} {gid} 1")


def _bring_loopback_up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        fcntl.ioctl(sock, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _IFF_UP))


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
