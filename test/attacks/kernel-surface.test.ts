import { describe, expect, it } from "vitest";
import { createArena, printed } from "./arena.ts";

const arena = await createArena();

/** Runs Python that prints one result per line, and returns the lines. */
async function lines(code: string): Promise<string[]> {
  const outcome = await arena.attack(code);
  expect(outcome.error?.traceback).toBeUndefined();
  expect(outcome.status).toBe("ok");
  return printed(outcome).trim().split("\n");
}

const denied = /^(EPERM|ENOSYS|EACCES)$/;

function expectAllDenied(results: readonly string[]): void {
  expect(results.length).toBeGreaterThan(0);
  for (const result of results) expect(result).toMatch(denied);
}

describe("the kernel's surface", () => {
  it("16 unshare, clone with namespace flags, clone3", async () => {
    expectAllDenied(
      await lines(`
flags = [0x80, 0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000]
for flag in flags:
    print(call("unshare", flag))
    if flag != 0x80:
        print(call("clone", flag | 17, 0, 0, 0, 0))
arguments = (ctypes.c_uint64 * 11)(0x10000000, 0, 0, 0, 17)
print(call("clone3", ctypes.byref(arguments), 88))`),
    );
  });

  it("17 mount, pivot_root, setns, the new mount API", async () => {
    expectAllDenied(
      await lines(`
path = lambda text: ctypes.c_char_p(text)
print(call("mount", path(b"tmpfs"), path(b"/tmp"), path(b"tmpfs"), 0, None))
print(call("mount", path(b"none"), path(b"/"), None, 32 | 4096, None))
print(call("umount2", path(b"/run/codeact"), 2))
print(call("umount2", path(b"/workspace"), 0))
print(call("pivot_root", path(b"/tmp"), path(b"/tmp")))
print(call("chroot", path(b"/tmp")))
print(call("setns", os.open("/proc/self/ns/net", os.O_RDONLY), 0))
print(call("fsopen", path(b"tmpfs"), 0))
print(call("fsmount", 3, 0, 0))
print(call("fsconfig", 3, 0, None, None, 0))
print(call("fspick", -100, path(b"/"), 0))
print(call("open_tree", -100, path(b"/"), 1))
print(call("move_mount", -100, path(b"/tmp"), -100, path(b"/home"), 0))
print(call("mount_setattr", -100, path(b"/usr"), 0, None, 0))
print(call("sethostname", path(b"evil"), 4))
print(call("setdomainname", path(b"evil"), 4))`),
    );
  });

  it("18 ptrace, process_vm_readv on init or siblings", async () => {
    expectAllDenied(
      await lines(`
buffer = ctypes.create_string_buffer(64)
vector = (ctypes.c_size_t * 2)(ctypes.addressof(buffer), 64)
for pid in (1, os.getppid(), os.getpid()):
    print(call("ptrace", 16, pid, None, None))
    print(call("ptrace", 0x4206, pid, None, None))
    print(call("process_vm_readv", pid, vector, 1, vector, 1, 0))
    print(call("process_vm_writev", pid, vector, 1, vector, 1, 0))
print(call("pidfd_getfd", call("pidfd_open", 1, 0), 0, 0))
print(call("process_madvise", call("pidfd_open", 1, 0), vector, 1, 21, 0))
print(attempt(lambda: open("/proc/1/mem", "rb")))`),
    );
  });

  it("19 io_uring", async () => {
    expectAllDenied(
      await lines(`
for name in ("io_uring_setup", "io_uring_enter", "io_uring_register"):
    print(call(name, 8, ctypes.create_string_buffer(256), 0, 0, 0, 0))`),
    );
  });

  it("20 bpf", async () => {
    expectAllDenied(
      await lines(`
for command in (0, 5, 15, 18):
    print(call("bpf", command, ctypes.create_string_buffer(128), 128))`),
    );
  });

  it("21 perf_event_open", async () => {
    expectAllDenied(
      await lines(`print(call("perf_event_open", ctypes.create_string_buffer(128), 0, -1, -1, 0))`),
    );
  });

  it("22 userfaultfd", async () => {
    expectAllDenied(await lines(`print(call("userfaultfd", 0)); print(call("userfaultfd", 1))`));
  });

  it("23 keyctl, add_key, request_key", async () => {
    expectAllDenied(
      await lines(`
print(call("keyctl", 0, -3, 1)); print(call("keyctl", 11, 1, None, 0))
print(call("add_key", ctypes.c_char_p(b"user"), ctypes.c_char_p(b"x"), ctypes.c_char_p(b"y"), 1, -3))
print(call("request_key", ctypes.c_char_p(b"user"), ctypes.c_char_p(b"x"), None, -3))`),
    );
  });

  it("24 TIOCSTI and TIOCLINUX; no controlling terminal, and no terminal of another session", async () => {
    await arena.sibling.execute("import os; terminal = os.openpty()");
    const results = await lines(`
import fcntl
print(attempt(lambda: os.open("/dev/tty", os.O_RDWR)))
print([name for name in os.listdir("/dev/pts") if name != "ptmx"])
first, second = os.openpty()
for request in (0x5412, 0x541C, 0x5412 | 1 << 40):
    try:
        print(fcntl.ioctl(second, request & 0xFFFFFFFF, b"x"))
    except OSError as error:
        print(errno.errorcode[error.errno])
ioctl = {"x86_64": 16, "aarch64": 29}[os.uname().machine]
print(call(ioctl, second, 1 << 40 | 0x5412, ctypes.c_char_p(b"x")))
terminals = []
try:
    for _ in range(400):
        terminals.append(os.openpty())
except OSError as error:
    print(errno.errorcode[error.errno], len(terminals) < 100)
for pair in terminals:
    os.close(pair[0]); os.close(pair[1])`);
    expect(results[0]).toBe("ENXIO");
    expect(results[1]).toBe("[]");
    expectAllDenied(results.slice(2, 6));
    expect(results[6]).toBe("ENOSPC True");
  });

  it("25 32-bit and x32 system calls (K: only the process that makes them dies)", async () => {
    const results = await lines(`
import mmap
def x32():
    result = call(39 | 0x40000000)
    os._exit(0 if result == "ENOSYS" else 1)
def int80():
    # mov eax, 20 (getpid of i386); int 0x80; ret
    code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    code.write(b"\\xb8\\x14\\x00\\x00\\x00\\xcd\\x80\\xc3")
    function = ctypes.CFUNCTYPE(ctypes.c_long)(ctypes.addressof(ctypes.c_char.from_buffer(code)))
    os._exit(1 if function() > 0 else 0)
if os.uname().machine == "x86_64":
    print(in_child(x32)); print(in_child(int80))
else:
    print(0); print(-31)`);
    expect(results[0]).toBe("0");
    // SIGSYS from the filter, or SIGSEGV from a kernel that has no 32-bit calls at all.
    expect(results[1]).toMatch(/^(-31|-11|0)$/);
  });

  it("26 personality, kexec, init_module, open_by_handle_at", async () => {
    expectAllDenied(
      await lines(`
print(call("personality", 0x0040000)); print(call("personality", 0x0400000)); print(call("personality", 8))
print(call("kexec_load", 0, 0, None, 0)); print(call("kexec_file_load", 0, 0, 0, None, 0))
print(call("init_module", None, 0, None)); print(call("finit_module", 0, None, 0))
print(call("delete_module", ctypes.c_char_p(b"loop"), 0))
handle = ctypes.create_string_buffer(128)
print(call("name_to_handle_at", -100, ctypes.c_char_p(b"/usr"), handle, handle, 0))
print(call("open_by_handle_at", os.open("/usr", os.O_RDONLY), handle, 0))
print(call("reboot", 0xFEE1DEAD - (1 << 32), 672274793, 0x89ABCDEF - (1 << 32), None))
print(call("swapon", ctypes.c_char_p(b"/workspace"), 0)); print(call("syslog", 3, None, 0))`),
    );
  });

  it("27 writes to no cgroup", async () => {
    const results = await lines(`
print(os.path.exists("/sys/fs/cgroup"))
print(attempt(lambda: open("/proc/self/cgroup", "w")))
print(sum(1 for line in open("/proc/mounts") if " cgroup" in line))`);
    expect(results[0]).toBe("False");
    expect(results[1]).toMatch(/^(EACCES|EPERM)$/);
    expect(results[2]).toBe("0");
  });

  it("28 core dumps (K, no file)", async () => {
    await using session = await arena.open();
    const outcome = await session.execute(`
import resource
print(attempt(lambda: resource.setrlimit(resource.RLIMIT_CORE, (1 << 20, 1 << 20))) if 0 else "")
try:
    resource.setrlimit(resource.RLIMIT_CORE, (1 << 20, 1 << 20)); print("raised")
except (OSError, ValueError):
    print("refused")
kept = "lost"
os.abort()`);
    expect(outcome.status).toBe("crashed");
    expect(outcome.crash).toEqual({ reason: "signal", signal: "SIGABRT" });
    expect(outcome.state).toBe("rolled-back");
    expect(printed(outcome)).toContain("refused");
    expect(await session.files?.list()).toEqual([]);
    await arena.checkBoth(session);
  });

  it("29 raw, netlink, packet, vsock sockets", async () => {
    const results = await lines(`
import socket
for family, kind, protocol in [(2, 3, 1), (2, 3, 255), (10, 3, 58), (16, 3, 0), (16, 2, 9), (17, 3, 3), (17, 2, 3),
                               (40, 1, 0), (38, 5, 0), (30, 5, 0), (21, 5, 0), (29, 3, 1), (31, 3, 1), (44, 3, 0),
                               (2, 1, 132), (2, 5, 132), (2, 1, 262), (2, 3 | 0o2000000, 1)]:
    print(attempt(lambda: socket.socket(family, kind, protocol)))
socketpair = {"x86_64": 53, "aarch64": 199}[os.uname().machine]
for family in (2, 10, 16, 30, 40):
    print(call(socketpair, family, 1, 0, (ctypes.c_int * 2)()))`);
    expect(results).toHaveLength(23);
    for (const result of results) {
      expect(result).toMatch(/^(EPERM|EAFNOSUPPORT|EPROTONOSUPPORT|ESOCKTNOSUPPORT)$/);
    }
  });

  it("keeps what programs need: threads, children, sockets, callbacks from C", async () => {
    const results = await lines(`
import socket, subprocess, threading, multiprocessing.shared_memory as shm
thread = threading.Thread(target=print, args=("thread",)); thread.start(); thread.join()
print(subprocess.run(["echo", "child"], capture_output=True, text=True).stdout.strip())
server = socket.create_server(("127.0.0.1", 0)); client = socket.create_connection(server.getsockname())
print(len(socket.socketpair()))
memory = shm.SharedMemory(create=True, size=4096); memory.close(); memory.unlink()
compare = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))
numbers = (ctypes.c_int * 3)(3, 1, 2)
ctypes.CDLL(None).qsort(numbers, 3, 4, compare(lambda a, b: a[0] - b[0])); print(list(numbers))
import multiprocessing
with multiprocessing.get_context("fork").Pool(2) as pool:
    print(pool.map(abs, [-1, -2]))`);
    expect(results).toEqual(["thread", "child", "2", "[1, 2, 3]", "[1, 2]"]);
  });
});
