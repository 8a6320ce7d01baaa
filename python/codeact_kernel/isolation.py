"""Turns a fresh fork of the zygote into the sandbox of one session.

The zygote already lives in an outer sandbox that bubblewrap made: a read-only view of the system, no
network, no capabilities. Each session adds its own user, mount, process, network, IPC, host name and
cgroup namespaces, so that sessions do not see one another.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import struct

from . import seccomp
from .forwarder import Forwarder
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
    unmount,
    unshare,
)
from .limits import limit_resources

NAMESPACES = (
    CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP
)

# Where the outer sandbox shows the host's folder of this runtime: the zygote's socket and the workspaces.
HOST_FOLDER = "/run/codeact"
CACHE_FOLDER = "/var/cache/codeact"
WORKSPACE = "/workspace"
HOME = "/home/codeact"
HOST_NAME = "codeact"
CERTIFICATES = f"{HOST_FOLDER}/certificates.pem"
_BRANCHES = 1000
# What lies below it can be reached by those with capabilities only, and no code of a session has any.
_BACKSTAGE = f"{HOST_FOLDER}/branches"
_STAGE = f"{_BACKSTAGE}/next"

_SCRATCH_FOLDERS = ("/tmp", "/dev/shm", HOME)
_SAFE = MS_NOSUID | MS_NODEV
# A file in memory takes kernel memory beside its bytes, and an empty one takes nothing else.
_SCRATCH_BYTES_PER_FILE = 8192
_TERMINALS = 64
# What the kernel counts per user over all of the user's namespaces: no session may use up everyone's share.
_USER_LIMITS = {
    **{f"max_{kind}_namespaces": 0 for kind in ("cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts")},
    **{"max_fanotify_groups": 0, "max_fanotify_marks": 0},
    **{"max_inotify_instances": 16, "max_inotify_watches": 16_384},
}
_SIOCSIFFLAGS, _IFF_UP = 0x8914, 1


def enter_sandbox(outer_uid: int, outer_gid: int) -> None:
    """Finish the namespaces of this process, which must be process 1 of NAMESPACES. Raises OSError."""
    _map_user(outer_uid, outer_gid)
    mount("none", "/", flags=MS_REC | MS_PRIVATE)
    mount("none", CACHE_FOLDER, flags=MS_REMOUNT | MS_BIND | MS_RDONLY | _SAFE)
    mount("proc", "/proc", "proc", _SAFE | MS_NOEXEC)
    # Terminals of its own: those of the outer sandbox would be open to every other session.
    mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, f"ptmxmode=0666,mode=600,max={_TERMINALS}")
    _limit_user()
    set_hostname(HOST_NAME)
    _bring_loopback_up()
    # Processes of the session run as the same user: this keeps them out of the supervisor's memory.
    prctl(PR_SET_DUMPABLE, 0)


def show_workspace(session: str, scratch_bytes: int, certificates: str | None = None) -> None:
    """Give the sandbox its workspace and its scratch folders, and hide the host's folder. Raises OSError.

    `certificates` is the name of a file in the host's folder that is shown at CERTIFICATES.
    """
    mount(f"{HOST_FOLDER}/sessions/{session}", WORKSPACE, flags=MS_BIND)
    mount("none", WORKSPACE, flags=MS_REMOUNT | MS_BIND | _SAFE)
    for folder in _SCRATCH_FOLDERS:
        _mount_scratch(folder, scratch_bytes)
    bundle = None if certificates is None else os.open(f"{HOST_FOLDER}/{certificates}", os.O_PATH)
    mount("tmpfs", HOST_FOLDER, "tmpfs", _SAFE, "size=4k,mode=711")
    os.mkdir(_BACKSTAGE)
    os.mkdir(_STAGE)
    os.chmod(_BACKSTAGE, 0)
    if bundle is not None:
        os.close(os.open(CERTIFICATES, os.O_CREAT | os.O_WRONLY, 0o444))
        mount(f"/proc/self/fd/{bundle}", CERTIFICATES, flags=MS_BIND)
        mount("none", CERTIFICATES, flags=MS_REMOUNT | MS_BIND | MS_RDONLY | _SAFE | MS_NOEXEC)
        os.close(bundle)
    mount("none", HOST_FOLDER, flags=MS_REMOUNT | MS_RDONLY | _SAFE)


def confine_worker() -> int | None:
    """Take from this process, for good, all that the code of a session must not have. Raises OSError.

    Returns the descriptor on which the supervisor answers its system calls, if there is one.
    """
    limit_resources()
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    drop_capabilities()
    prctl(PR_SET_DUMPABLE, 1)
    return seccomp.install()


class SandboxPlace:
    """Where branches of a sandboxed session live: same namespaces, but a workspace and scratch of their own."""

    def open(self) -> None:
        """Take hold of the host's folder, in process 1 and before it is hidden. Raises OSError."""
        self._host = os.open(HOST_FOLDER, os.O_PATH | os.O_DIRECTORY)

    def forwarder(self, port: int, socket_name: str) -> Forwarder:
        """Make the way to the proxy that listens on a socket in the host's folder. Raises OSError."""
        return Forwarder(port, self._host, socket_name)

    def socket_path(self, session: str) -> str:
        """Return where the host connects to the branch."""
        return f"/proc/self/fd/{self._host}/{session}.sock"

    def stage(self, session: str) -> None:
        """Let one process of the session find the branch's workspace at _STAGE. Raises OSError."""
        mount(f"/proc/self/fd/{self._host}/sessions/{session}", _STAGE, flags=MS_BIND)
        _allow_namespaces(_BRANCHES)

    def unstage(self) -> None:
        """Undo `stage`."""
        _allow_namespaces(0)
        unmount(_STAGE)

    @staticmethod
    def enter(_session: str, scratch_bytes: int) -> None:
        """Move this process, a copy that becomes the branch's worker, to the staged workspace. Raises OSError."""
        uid, gid = os.getuid(), os.getgid()
        unshare(CLONE_NEWUSER | CLONE_NEWNS)
        _map_user(uid, gid)
        _show_stage()
        for folder in _SCRATCH_FOLDERS:
            _copy_scratch(folder, scratch_bytes)
        drop_capabilities()

    @staticmethod
    def enter_anew(_session: str, scratch_bytes: int) -> None:
        """Move this process, a fresh worker with all capabilities, to the staged workspace. Raises OSError."""
        unshare(CLONE_NEWNS)
        _show_stage()
        for folder in _SCRATCH_FOLDERS:
            _mount_scratch(folder, scratch_bytes)

    @staticmethod
    def place_of(pid: int) -> object:
        """Return what is equal for all processes of one branch. Raises OSError."""
        return os.stat(f"/proc/{pid}/ns/mnt").st_ino


def _show_stage() -> None:
    mount("none", "/", flags=MS_REC | MS_PRIVATE)
    mount(_STAGE, WORKSPACE, flags=MS_BIND)
    mount("none", WORKSPACE, flags=MS_REMOUNT | MS_BIND | _SAFE)
    os.chdir(WORKSPACE)


def _copy_scratch(folder: str, scratch_bytes: int) -> None:
    """Put a copy of an in-memory folder in its place."""
    old = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _mount_scratch(folder, scratch_bytes)
        for name in os.listdir(old):
            source, target = f"/proc/self/fd/{old}/{name}", f"{folder}/{name}"
            try:
                if os.path.isdir(source) and not os.path.islink(source):
                    shutil.copytree(source, target, symlinks=True)
                else:
                    shutil.copy2(source, target, follow_symlinks=False)
            except (OSError, shutil.Error):
                pass  # sockets and the like, which mean nothing in a copy
    finally:
        os.close(old)


def _mount_scratch(folder: str, scratch_bytes: int) -> None:
    files = max(1024, scratch_bytes // _SCRATCH_BYTES_PER_FILE)
    mount("tmpfs", folder, "tmpfs", _SAFE, f"size={scratch_bytes},nr_inodes={files},mode=1777")


def _allow_namespaces(count: int) -> None:
    for kind in ("user", "mnt"):
        _write(f"/proc/sys/user/max_{kind}_namespaces", str(count))


def _map_user(uid: int, gid: int) -> None:
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{uid} {uid} 1")
    _write("/proc/self/gid_map", f"{gid} {gid} 1")


def _limit_user() -> None:
    for name, value in _USER_LIMITS.items():
        try:
            _write(f"/proc/sys/user/{name}", str(value))
        except FileNotFoundError:
            pass  # a kernel without it


def _bring_loopback_up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        fcntl.ioctl(sock, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _IFF_UP))


def _write(path: str, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.write(descriptor, text.encode("ascii"))
    finally:
        os.close(descriptor)
