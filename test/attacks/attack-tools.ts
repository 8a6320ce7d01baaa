/**
 * Python that an attacker brings along: raw system calls by name, with the numbers of x86_64 and aarch64.
 * `call` returns the result or the name of the error; `attempt` does so for Python's own functions.
 */
export const attackTools = String.raw`
import ctypes, errno, os, sys
_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long
_column = {"x86_64": 0, "aarch64": 1}[os.uname().machine]
_numbers = {
    "add_key": (248, 217), "bpf": (321, 280), "chroot": (161, 51), "clone": (56, 220), "clone3": (435, 435),
    "delete_module": (176, 106), "finit_module": (313, 273), "fsconfig": (431, 431), "fsmount": (432, 432),
    "fsopen": (430, 430), "fspick": (433, 433), "getpid": (39, 172), "init_module": (175, 105),
    "io_uring_enter": (426, 426), "io_uring_register": (427, 427), "io_uring_setup": (425, 425),
    "kexec_file_load": (320, 294), "kexec_load": (246, 104), "keyctl": (250, 219), "memfd_create": (319, 279),
    "mount": (165, 40), "mount_setattr": (442, 442), "move_mount": (429, 429), "msgget": (68, 186),
    "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265), "open_tree": (428, 428),
    "perf_event_open": (298, 241), "personality": (135, 92), "pidfd_getfd": (438, 438), "pidfd_open": (434, 434),
    "pivot_root": (155, 41), "process_madvise": (440, 440), "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271), "ptrace": (101, 117), "reboot": (169, 142), "request_key": (249, 218),
    "semget": (64, 190), "setdomainname": (171, 162), "sethostname": (170, 161), "setns": (308, 268),
    "shmget": (29, 194), "swapon": (167, 224), "syslog": (103, 116), "umount2": (166, 39), "unshare": (272, 97),
    "userfaultfd": (323, 282),
}
def call(name, *arguments):
    number = name if isinstance(name, int) else _numbers[name][_column]
    plain = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    result = _libc.syscall(ctypes.c_long(number), *plain)
    return result if result >= 0 else errno.errorcode[ctypes.get_errno()]
def attempt(function, *arguments, **named):
    try:
        result = function(*arguments, **named)
        return "done" if result is None else result
    except OSError as error:
        return errno.errorcode.get(error.errno, type(error).__name__)
def in_child(function):
    """Run in a forked child and return how it ended, as os.waitstatus_to_exitcode does."""
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        try:
            function()
            os._exit(0)
        except BaseException:
            os._exit(77)
    status = os.waitpid(pid, 0)[1]
    return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
`;

/** Python with `wire`, the worker's own socket to its supervisor, and `forge`, which writes a frame to it. */
export const wireTools = `
import json, socket, stat, struct
wire = [fd for fd in map(int, os.listdir("/proc/self/fd"))
        if os.path.exists(f"/proc/self/fd/{fd}") and stat.S_ISSOCK(os.fstat(fd).st_mode)][0]
def raw(body): os.write(wire, struct.pack("!I", len(body)) + body)
def forge(**frame): raw(json.dumps(frame, separators=(",", ":")).encode())
done = dict(status="ok", state="kept", executionCount=99, wallMs=1, cpuMs=1, peakMemoryBytes=1)
`;
