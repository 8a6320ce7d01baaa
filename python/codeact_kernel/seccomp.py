"""The filter of system calls that every worker and all its children live under.

It refuses what widens a process's reach (namespaces, mounts, tracing, other kernels' doors) and leaves
what ordinary programs need. Numbers: the kernel's syscall tables for x86_64 and for aarch64 (generic).
The program is classic BPF as seccomp(2) describes it.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct

from .libc import PR_SET_DUMPABLE

_ALLOW = 0x7FFF_0000
_KILL = 0x8000_0000
_ERRNO = 0x0005_0000
_DENY = _ERRNO | errno.EPERM
_PRETEND = _ERRNO  # the call is left out and returns 0
_UNKNOWN = _ERRNO | errno.ENOSYS
_ASK = 0x7FC0_0000
_NO_FAMILY = _ERRNO | errno.EAFNOSUPPORT
_NO_PROTOCOL = _ERRNO | errno.EPROTONOSUPPORT

_AUDIT_ARCH = {"x86_64": 0xC000_003E, "aarch64": 0xC000_00B7}
_X32_BIT = 0x4000_0000
# Calls newer than this one (mseal) are unknown to this filter, so programs see an older kernel.
_LAST_KNOWN = 462

_LOAD, _JUMP_EQ, _JUMP_GE, _JUMP_SET, _AND, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
_NUMBER, _ARCH, _FIRST_ARG = 0, 4, 16

_NAMESPACE_FLAGS = 0x7E02_0000  # every CLONE_NEW*

# name: (x86_64, aarch64); None where the machine does not have the call.
_NUMBERS: dict[str, tuple[int | None, int | None]] = {
    "acct": (163, 89), "add_key": (248, 217), "adjtimex": (159, 171), "bpf": (321, 280),
    "chroot": (161, 51), "clock_adjtime": (305, 266), "clock_settime": (227, 112), "clone": (56, 220),
    "clone3": (435, 435), "delete_module": (176, 106), "fanotify_init": (300, 262),
    "fanotify_mark": (301, 263), "finit_module": (313, 273), "fsconfig": (431, 431),
    "fsmount": (432, 432), "fsopen": (430, 430), "fspick": (433, 433), "init_module": (175, 105),
    "io_setup": (206, 0), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "io_uring_setup": (425, 425), "ioctl": (16, 29), "ioperm": (173, None), "iopl": (172, None), "kcmp": (312, 272),
    "kexec_file_load": (320, 294), "kexec_load": (246, 104), "keyctl": (250, 219), "kill": (62, 129),
    "lookup_dcookie": (212, 18), "mbind": (237, 235), "migrate_pages": (256, 238),
    "memfd_create": (319, 279), "memfd_secret": (447, 447), "modify_ldt": (154, None),
    "mount": (165, 40), "mount_setattr": (442, 442), "move_mount": (429, 429),
    "move_pages": (279, 239), "msgget": (68, 186), "name_to_handle_at": (303, 264),
    "nfsservctl": (180, 42), "open_by_handle_at": (304, 265), "open_tree": (428, 428),
    "perf_event_open": (298, 241), "personality": (135, 92), "pidfd_getfd": (438, 438), "pidfd_open": (434, 434), "pidfd_send_signal": (424, 424),
    "pivot_root": (155, 41), "prctl": (157, 167), "prlimit64": (302, 261), "process_madvise": (440, 440),
    "process_mrelease": (448, 448), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "ptrace": (101, 117), "quotactl": (179, 60), "quotactl_fd": (443, 443), "reboot": (169, 142),
    "request_key": (249, 218), "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240), "semget": (64, 190), "set_mempolicy": (238, 237),
    "setdomainname": (171, 162), "sethostname": (170, 161), "setns": (308, 268),
    "settimeofday": (164, 170), "shmget": (29, 194), "socket": (41, 198), "socketpair": (53, 199),
    "swapoff": (168, 225), "swapon": (167, 224), "syslog": (103, 116), "tgkill": (234, 131), "tkill": (200, 130), "umount2": (166, 39),
    "unshare": (272, 97), "userfaultfd": (323, 282), "vhangup": (153, 58),
}  # fmt: skip

# Told that these do not exist, libraries take another way. clone3 hides its flags behind a pointer. The rest
# hold memory of the system, or slots that all its users share, where no limit of a session reaches.
_ABSENT = {"clone3", "io_setup", "memfd_create", "memfd_secret", "msgget", "semget", "shmget"}
# Calls about which the supervisor is asked. Signals: how many of the first arguments are processes.
SIGNAL_CALLS = {"kill": 1, "pidfd_open": 1, "rt_sigqueueinfo": 1, "rt_tgsigqueueinfo": 2, "tgkill": 2, "tkill": 1}
ENTERING_CALLS = {"mount", "unshare"}
_JUDGED = {"clone", "ioctl", "personality", "prctl", "prlimit64", "socket", "socketpair"}

_TERMINAL_REQUESTS = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX
_UNIX = 1
_ALLOWED_FAMILIES = (_UNIX, 2, 10)  # and IPv4, IPv6
_ALLOWED_PROTOCOLS = (0, 1, 6, 17, 58)  # the default, ICMP (and unix), TCP, UDP, ICMPv6
_SOCKET_TYPE_MASK, _SOCK_RAW = 0xF, 3
_CURRENT_PERSONALITY = (0, 0xFFFF_FFFF)


_SET_MODE_FILTER, _LISTEN, _WAIT_KILLABLE = 1, 8, 32
_libc = ctypes.CDLL(None, use_errno=True)


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


def install() -> int | None:
    """Put this process under the filter for good; no_new_privs must be set.

    Returns the descriptor on which its calls wait for an answer, for syscall_guard.py; None where the
    kernel, or another filter, does not allow that: then signals pass and namespaces are refused. Raises OSError.
    """
    machine = os.uname().machine
    for flags in (_LISTEN | _WAIT_KILLABLE, _LISTEN):
        listener = _set_filter(filter_program(machine, asks=True), flags)
        if listener is not None:
            return listener
    if _set_filter(filter_program(machine, asks=False), 0) is None:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), "seccomp")
    return None


def _set_filter(code: bytes, flags: int) -> int | None:
    buffer = ctypes.create_string_buffer(code, len(code))
    program = _Program(len(code) // 8, ctypes.addressof(buffer))
    call = number_of("seccomp")
    result = _libc.syscall(call, _SET_MODE_FILTER, flags, ctypes.byref(program))
    return None if result < 0 else result


def number_of(name: str) -> int:
    """Return the number of a system call on this machine. Raises KeyError."""
    number = {**_NUMBERS, "seccomp": (317, 277)}[name][_column(os.uname().machine)]
    if number is None:
        raise KeyError(name)
    return number


def _column(machine: str) -> int:
    return {"x86_64": 0, "aarch64": 1}[machine]


def filter_program(machine: str, asks: bool = False) -> bytes:
    """Return the BPF program for `machine` (as uname names it). Raises KeyError for one it does not know.

    With `asks`, SIGNAL_CALLS and ENTERING_CALLS wait for the supervisor.
    """
    column = _column(machine)
    program = [
        _step(_LOAD, _ARCH),
        _step(_JUMP_EQ, _AUDIT_ARCH[machine], 1, 0),
        _step(_RETURN, _KILL),
        _step(_LOAD, _NUMBER),
        _step(_JUMP_GE, _X32_BIT, 1, 0),
        _step(_JUMP_GE, _LAST_KNOWN + 1, 0, 1),
        _step(_RETURN, _UNKNOWN),
    ]
    for name, numbers in sorted(_NUMBERS.items()):
        number = numbers[column]
        if number is None:
            continue
        verdict = _verdict(name, asks)
        program += [_step(_JUMP_EQ, number, 0, len(verdict)), *verdict]
    program.append(_step(_RETURN, _ALLOW))
    return b"".join(program)


def _verdict(name: str, asks: bool) -> list[bytes]:
    """Return the steps that judge one call. Every path through them returns."""
    if name in SIGNAL_CALLS:
        return [_step(_RETURN, _ASK if asks else _ALLOW)]
    if name in ENTERING_CALLS and asks:
        return [_step(_RETURN, _ASK)]
    if name in _ABSENT:
        return [_step(_RETURN, _UNKNOWN)]
    if name not in _JUDGED:
        return [_step(_RETURN, _DENY)]
    if name == "clone":
        return [_argument(0), _step(_JUMP_SET, _NAMESPACE_FLAGS, 0, 1), *_deny_or_allow()]
    if name == "ioctl":
        return [_argument(1), *_deny_if_one_of(_TERMINAL_REQUESTS)]
    if name == "personality":
        return [_argument(0), *_allow_if_one_of(_CURRENT_PERSONALITY, _DENY)]
    if name == "prctl":  # a process that nobody may look into could hide what it holds
        dumpable = [_argument(0), _step(_JUMP_EQ, PR_SET_DUMPABLE, 0, 1), _step(_RETURN, _PRETEND)]
        return [*dumpable, _step(_RETURN, _ALLOW)]
    if name == "prlimit64":  # of other processes
        return [_argument(0), *_allow_if_one_of((0,), _DENY)]
    if name == "socketpair":
        return [_argument(0), *_allow_if_one_of((_UNIX,), _NO_FAMILY)]
    return [
        *(_argument(1), _step(_AND, _SOCKET_TYPE_MASK)),
        *(_step(_JUMP_EQ, _SOCK_RAW, 0, 1), _step(_RETURN, _DENY)),
        *(_argument(2), *_go_on_if_one_of(_ALLOWED_PROTOCOLS, _NO_PROTOCOL)),
        *(_argument(0), *_allow_if_one_of(_ALLOWED_FAMILIES, _NO_FAMILY)),
    ]


def _deny_or_allow() -> list[bytes]:
    return [_step(_RETURN, _DENY), _step(_RETURN, _ALLOW)]


def _deny_if_one_of(values: tuple[int, ...]) -> list[bytes]:
    last = len(values) - 1
    tests = [_step(_JUMP_EQ, value, last - i, 1 if i == last else 0) for i, value in enumerate(values)]
    return [*tests, *_deny_or_allow()]


def _allow_if_one_of(values: tuple[int, ...], otherwise: int) -> list[bytes]:
    last = len(values) - 1
    tests = [_step(_JUMP_EQ, value, last - i, 1 if i == last else 0) for i, value in enumerate(values)]
    return [*tests, _step(_RETURN, _ALLOW), _step(_RETURN, otherwise)]


def _go_on_if_one_of(values: tuple[int, ...], otherwise: int) -> list[bytes]:
    last = len(values) - 1
    tests = [_step(_JUMP_EQ, value, last - i + 1, 0) for i, value in enumerate(values)]
    return [*tests, _step(_RETURN, otherwise)]


def _argument(index: int) -> bytes:
    """Load the low half of an argument."""
    return _step(_LOAD, _FIRST_ARG + 8 * index)


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)
