"""The few calls of the C library that Python does not offer in every version from 3.9 on."""

from __future__ import annotations

import ctypes
import errno
import os
from typing import Any, Callable, Iterable

CLONE_NEWNS = 0x0002_0000
CLONE_NEWCGROUP = 0x0200_0000
CLONE_NEWUTS = 0x0400_0000
CLONE_NEWIPC = 0x0800_0000
CLONE_NEWUSER = 0x1000_0000
CLONE_NEWPID = 0x2000_0000
CLONE_NEWNET = 0x4000_0000

MS_RDONLY = 1
MS_NOSUID = 2
MS_NODEV = 4
MS_NOEXEC = 8
MS_REMOUNT = 32
MS_BIND = 4096
MS_REC = 16384
MS_PRIVATE = 1 << 18

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38

_CLONE_PARENT = 0x0000_8000
_CLONE_CHILD_CLEARTID = 0x0020_0000
_CLONE_CHILD_SETTID = 0x0100_0000
_PR_GET_TID_ADDRESS = 40
_MNT_DETACH = 2
_SIGCHLD = 17
_CLONE_NUMBER = {"x86_64": 56, "aarch64": 220}.get(os.uname().machine)
_SIG_BLOCK, _SIG_SETMASK = 0, 2
_CAPABILITY_VERSION_3 = 0x2008_0522

# PyDLL keeps the GIL: these calls are short, and one of them forks.
_libc = ctypes.PyDLL(None, use_errno=True)
_python = ctypes.pythonapi

_WORD_BITS = 8 * ctypes.sizeof(ctypes.c_ulong)
_SignalSet = ctypes.c_ulong * (1024 // _WORD_BITS)


def fork_into(namespaces: int) -> int:
    """Fork with the child in new namespaces of the given CLONE_NEW* kinds: see fork_bare. Raises OSError."""
    return _clone(namespaces)


def fork_bare() -> int:
    """Fork without what Python does after a fork, for a process with a single thread and no user's code. Raises OSError.

    What Python does writes to hundreds of shared pages: new locks for those of other threads, which there are
    none of, and hooks of modules. `finish_fork` does it later, where it matters.
    """
    return _clone(0)


def finish_fork() -> None:
    """Do in a child of fork_bare what Python does after a fork."""
    _python.PyOS_BeforeFork()
    _python.PyOS_AfterFork_Child()


def fork_sibling(sleep: Callable[[], None]) -> int:
    """Fork like os.fork, but as a child of our own parent, which calls `sleep` before anything else. Raises OSError.

    For a process with a single thread: nothing waits for locks that other threads hold, as os.fork does.
    """
    _python.PyOS_BeforeFork()
    try:
        pid = _clone(_CLONE_PARENT)
    except BaseException:
        _python.PyOS_AfterFork_Parent()
        raise
    if pid:
        _python.PyOS_AfterFork_Parent()
    else:
        sleep()
        _python.PyOS_AfterFork_Child()
    return pid


def _clone(flags: int) -> int:
    # A stack of 0 means the same stack, copied: what fork does. The last two arguments have their meanings
    # swapped between machines: the address stands in both, since the other one is not used.
    if _CLONE_NUMBER is None:
        raise OSError(errno.ENOSYS, "clone on this machine")
    thread_id = _thread_id_address()
    pid = _libc.syscall(
        _CLONE_NUMBER,
        ctypes.c_ulong(flags | _CLONE_CHILD_SETTID | _CLONE_CHILD_CLEARTID | _SIGCHLD),
        None,
        None,
        thread_id,
        thread_id,
    )
    if pid < 0:
        _raise("clone")
    return pid


def _thread_id_address() -> ctypes.c_void_p:
    """Return where the C library keeps the thread's id, which a fork has to renew. Raises OSError."""
    address = ctypes.c_void_p()
    if _libc.prctl(_PR_GET_TID_ADDRESS, ctypes.byref(address), 0, 0, 0):
        _raise("prctl PR_GET_TID_ADDRESS")
    return address


def block_signals(numbers: Iterable[int]) -> Any:
    """Block these signals in this thread, in a child of its too, and return what `set_signal_mask` goes back with."""
    wanted, before = _SignalSet(), _SignalSet()
    for number in numbers:
        wanted[(number - 1) // _WORD_BITS] |= 1 << (number - 1) % _WORD_BITS
    _libc.pthread_sigmask(_SIG_BLOCK, wanted, before)
    return before


def set_signal_mask(mask: Any) -> None:
    """Block what `mask` holds, and nothing else."""
    _libc.pthread_sigmask(_SIG_SETMASK, mask, None)


def mount(source: str, target: str, kind: str = "", flags: int = 0, data: str = "") -> None:
    """Mount as mount(2) does. Raises OSError."""
    kind_bytes = kind.encode() if kind else None
    data_bytes = data.encode() if data else None
    if _libc.mount(os.fsencode(source), os.fsencode(target), kind_bytes, ctypes.c_ulong(flags), data_bytes):
        _raise(target)


def unmount(target: str) -> None:
    """Detach what is mounted at `target`, although it may be in use. Raises OSError."""
    if _libc.umount2(os.fsencode(target), _MNT_DETACH):
        _raise(target)


def unshare(namespaces: int) -> None:
    """Move this process to new namespaces of the given CLONE_NEW* kinds. Raises OSError."""
    if _libc.unshare(namespaces):
        _raise("unshare")


def prctl(option: int, value: int = 0, address: int = 0) -> None:
    """Call prctl(2). Raises OSError."""
    if _libc.prctl(option, ctypes.c_ulong(value), ctypes.c_ulong(address), 0, 0):
        _raise(f"prctl {option}")


def drop_capabilities() -> None:
    """Give up every capability for good, given that no_new_privs is set. Raises OSError."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    if _libc.capset(ctypes.byref(header), ctypes.byref(nothing)):
        _raise("capset")


def set_hostname(name: str) -> None:
    """Set the host name of this UTS namespace. Raises OSError."""
    encoded = name.encode()
    if _libc.sethostname(encoded, len(encoded)):
        _raise("sethostname")


def _raise(what: str) -> None:
    number = ctypes.get_errno()
    raise OSError(number, os.strerror(number), what)
